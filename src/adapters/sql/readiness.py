"""Whether the database answers, and has the schema that this version needs.

Every program asks this when it starts, so nothing here needs Alembic, which takes long to
import.
"""

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Text, column, func, inspect, select, table
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.sql.connections import Connections
from adapters.sql.engine import create_engine
from portal_core.errors import Unavailable

VERSIONS = "alembic_version"
MIGRATIONS = Path(__file__).parent / "migrations"

_VERSION = select(column("version_num", Text)).select_from(table(VERSIONS))


class SqlReadiness:
    """Knows whether the database answers and has the schema that this version needs."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._connections = Connections(engine)
        self._needed = needed()

    async def check(self) -> None:
        """Raise Unavailable that says what is missing."""
        async with self._connections.reading() as connection:
            revision = await connection.run_sync(revision_of)
        if revision != self._needed:
            raise Unavailable(is_at(revision, self._needed))


def needed() -> str:
    """Return the revision that this version needs: that of the newest migration.

    Their numbers begin the names of their files.
    """
    scripts = (MIGRATIONS / "versions").glob("[0-9]*.py")
    return max((path.stem.partition("_")[0] for path in scripts), default="0000")


async def current(url: str) -> str | None:
    """Return the revision that the database is at; None if it is empty."""
    engine = create_engine(url)
    try:
        async with Connections(engine).reading() as connection:
            return await connection.run_sync(revision_of)
    finally:
        await engine.dispose()


async def is_current(url: str) -> bool:
    """Return whether the database is at the revision that this version needs."""
    return await current(url) == needed()


async def time_of(engine: AsyncEngine) -> datetime:
    """Return what time it is for the database."""
    async with Connections(engine).reading() as connection:
        told = await connection.scalar(select(func.now()))
    if not isinstance(told, datetime):
        raise Unavailable("The database does not know the time.")
    return told if told.tzinfo else told.replace(tzinfo=UTC)


def revision_of(connection: Connection) -> str | None:
    """Return the revision that the database is at; None if it is empty."""
    if not inspect(connection).has_table(VERSIONS):
        return None
    return connection.scalar(_VERSION)


def is_at(revision: str | None, wanted: str) -> str:
    """Say where the schema is, and where it should be."""
    return f"The schema is at {revision or 'nothing'}, this version needs {wanted}."
