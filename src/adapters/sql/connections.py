"""Changing and reading the database, and what its failures mean.

Changes are transactions. Reads stand alone, statement by statement: no page needs two of
them to agree, and so none pays for opening and closing a transaction.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext

import asyncpg  # type: ignore[import-untyped] # it has no types
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.sql.sqlite import BUSY_FOR, InlineSqlite
from portal_core.errors import Conflict, Invalid, PortalError, Unavailable

# SQLSTATE, by its beginning; https://www.postgresql.org/docs/current/errcodes-appendix.html
_UNSTORABLE = ("22",)
_BUSY = ("40", "55P03")
_GONE = ("08", "53", "57", "58", "25P03")

# SQLite's primary result codes; https://www.sqlite.org/rescode.html
_SQLITE_BUSY = {5, 6}
_SQLITE_GONE = {8, 10, 13, 14, 23, 26}


class Connections:
    """Connections to one database, for as long as a piece of work needs them."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._reading = engine.execution_options(isolation_level="AUTOCOMMIT")
        dialect = engine.dialect
        self._writer = dialect.writer if isinstance(dialect, InlineSqlite) else None

    @asynccontextmanager
    async def changing(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction. It is kept on a clean exit, and else undone.

        SQLite has room for one writer: others wait here for their turn, in order, without
        keeping a connection from the readers. Raises Unavailable when that takes too long.
        """
        async with _turn(self._writer) if self._writer else nullcontext():
            connection = await _opened(self._engine)
            with understood():
                try:
                    async with connection.begin():
                        yield connection
                finally:  # also when cancelled while PostgreSQL is asked to roll back
                    await asyncio.shield(connection.close())

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Open a connection on which every statement stands alone."""
        connection = await _opened(self._reading)
        with understood():
            try:
                yield connection
            finally:
                await connection.close()


@contextmanager
def understood() -> Iterator[None]:
    """Raise what a failure of the database means to the person who asked."""
    try:
        yield
    except PoolTimeoutError as error:
        raise _busy() from error
    except IntegrityError as error:
        raise Conflict(
            "Something that this refers to was changed meanwhile. Nothing was saved; "
            "look at it again.",
            code="stale",
        ) from error
    except DBAPIError as error:
        meaning = _meaning(error)
        if meaning is None:
            raise
        raise meaning from error
    except (ConnectionError, OverflowError, UnicodeEncodeError) as error:
        raise _gone() if isinstance(error, ConnectionError) else _unstorable() from error


def is_unique_violation(error: IntegrityError) -> bool:
    """Return whether the row is refused because another one has its unique value."""
    code = getattr(error.orig, "sqlite_errorname", "")
    return _state(error) == "23505" or code in {
        "SQLITE_CONSTRAINT_UNIQUE",
        "SQLITE_CONSTRAINT_PRIMARYKEY",
    }


def is_foreign_key_violation(error: IntegrityError) -> bool:
    """Return whether the row is refused because it names one that does not exist."""
    code = getattr(error.orig, "sqlite_errorname", "")
    return _state(error) == "23503" or code == "SQLITE_CONSTRAINT_FOREIGNKEY"


@asynccontextmanager
async def _turn(writer: asyncio.Lock) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(BUSY_FOR):
            await writer.acquire()
    except TimeoutError as error:
        raise _busy() from error
    try:
        yield
    finally:
        writer.release()


async def _opened(engine: AsyncEngine) -> AsyncConnection:
    try:
        return await engine.connect()
    except PoolTimeoutError as error:
        raise _busy() from error
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise _gone() from error
    except SQLAlchemyError as error:
        raise _gone() from error


def _meaning(error: DBAPIError) -> PortalError | None:
    """Return what the error means; None if it is a fault of ours."""
    state, code = _state(error), _sqlite_code(error)
    if state.startswith(_BUSY) or code in _SQLITE_BUSY:
        return _busy()
    if state.startswith(_UNSTORABLE) or _cannot_be_sent(error):
        return _unstorable()
    if error.connection_invalidated or state.startswith(_GONE) or code in _SQLITE_GONE:
        return _gone()
    return None


def _state(error: DBAPIError) -> str:
    return getattr(error.orig, "sqlstate", None) or ""


def _sqlite_code(error: DBAPIError) -> int:
    return getattr(error.orig, "sqlite_errorcode", 0) & 0xFF


def _cannot_be_sent(error: DBAPIError) -> bool:
    """Return whether the driver refused a value, such as a number above 64 bits."""
    cause = error.orig.__cause__ if error.orig else None
    return isinstance(cause, asyncpg.DataError)


def _busy() -> Unavailable:
    return Unavailable(
        "The portal is busy with other changes. Nothing was saved; try again in a moment.",
        code="busy",
    )


def _gone() -> Unavailable:
    return Unavailable(
        "The database does not answer. Try again in a moment, and look first whether a "
        "change that you made was saved."
    )


def _unstorable() -> Invalid:
    message = "This holds a character or a number that can't be stored."
    return Invalid(message, code="unstorable")
