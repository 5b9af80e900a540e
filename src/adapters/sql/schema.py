"""The schema of the database: bringing it up to date, back, and checking it.

A migration runs in one transaction on both databases, so one that is interrupted leaves
nothing behind. Of several programs that upgrade at once, one does it and the others wait.
"""

import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from advanced_alchemy.alembic.commands import AlembicCommandConfig
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.util import CommandError
from sqlalchemy import Connection, make_url, text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.sql.connections import Connections
from adapters.sql.engine import create_engine
from adapters.sql.migrations.comparing import OPTIONS
from adapters.sql.readiness import MIGRATIONS, VERSIONS, is_at, needed, revision_of
from adapters.sql.tables.everything import METADATA
from portal_core.errors import Invalid, Unavailable

T = TypeVar("T")

_PATIENCE = 600
_LOCK = 7_220_196_051_403
"""Any number, as long as nobody else locks it."""


async def upgrade(url: str) -> None:
    """Bring the schema up to date. Raises Unavailable.

    The folder of an SQLite database is made if it is missing, for nobody else's eyes.
    """
    path = make_url(url).database
    if path and url.startswith("sqlite"):
        Path(path).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    async with _changing(url) as connection:
        await _alembic(connection, lambda config: command.upgrade(config, "head"))


async def downgrade(url: str, revision: str) -> None:
    """Take the schema back to a revision; `base` is before the first.

    Raises Invalid for a revision that there is not, and Unavailable.
    """
    async with _changing(url) as connection:
        await _alembic(connection, lambda config: command.downgrade(config, revision))


async def draft(url: str, message: str) -> None:
    """Write down as a migration what the tables have and the database has not."""
    number = f"{int(needed()) + 1:04}"

    def revise(config: AlembicCommandConfig) -> None:
        command.revision(config, message, autogenerate=True, rev_id=number)

    async with _changing(url) as connection:
        await _alembic(connection, revise)


async def check(url: str) -> list[str]:
    """Return in what the database differs from what this version needs."""
    return await _reading(url, _differences)


@asynccontextmanager
async def _changing(url: str) -> AsyncIterator[AsyncConnection]:
    """Open a transaction that only one program has, and wait for it as long as needed."""
    address = make_url(url)
    on_sqlite = address.get_backend_name() == "sqlite"
    if on_sqlite:
        query = {"timeout": str(_PATIENCE), "foreign_keys": "off"}
        address = address.update_query_dict(query)
    engine = create_engine(address)
    try:
        async with Connections(engine).changing() as connection:
            if not on_sqlite:
                await _lock(connection)
            yield connection
            if on_sqlite:
                await _check_foreign_keys(connection)
    finally:
        await engine.dispose()


async def _lock(connection: AsyncConnection) -> None:
    patience = text(f"SET LOCAL lock_timeout = '{_PATIENCE}s'")
    await connection.execute(patience)
    await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    await connection.execute(text("SET LOCAL lock_timeout = '15s'"))


async def _check_foreign_keys(connection: AsyncConnection) -> None:
    """Refuse a migration that left a row behind whose parent is gone."""
    broken = (await connection.execute(text("PRAGMA foreign_key_check"))).first()
    if broken is not None:
        raise Unavailable(f"The migration broke a reference of {broken[0]}; it was undone.")


async def _reading(url: str, ask: Callable[[Connection], T]) -> T:
    engine = create_engine(url)
    try:
        async with Connections(engine).reading() as connection:
            return await connection.run_sync(ask)
    finally:
        await engine.dispose()


async def _alembic(
    connection: AsyncConnection, act: Callable[[AlembicCommandConfig], None]
) -> None:
    def run(lent: Connection) -> None:
        config = AlembicCommandConfig(
            engine=connection.engine,
            version_table_name=VERSIONS,
            attributes={"connection": lent},
        )
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        act(config)

    try:
        await connection.run_sync(run)
    except CommandError as error:
        raise Invalid(f"{error}.", field="revision") from error


def _differences(connection: Connection) -> list[str]:
    revision = revision_of(connection)
    if revision != needed():
        return [is_at(revision, needed())]
    with warnings.catch_warnings():  # that an index over an expression can't be compared
        warnings.simplefilter("ignore")
        found = compare_metadata(_context(connection), METADATA)
    return [_described(difference) for difference in found]


def _context(connection: Connection) -> MigrationContext:
    return MigrationContext.configure(connection, opts=OPTIONS)


def _described(difference: Any) -> str:
    """Return the difference as Alembic names it: what is to be done, and to what."""
    changes = difference if isinstance(difference, list) else [difference]
    return "; ".join(" ".join(str(word) for word in change) for change in changes)
