"""SQLite in the event loop: no thread stands between a statement and its file.

A statement on a local file takes less time than handing it to a thread, so it runs where it
is asked for (docs/decisions/0010). Only two things are waited for: another process that is
writing, by trying again, and the disk, when a change is kept.
"""

import asyncio
import random
import sqlite3
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import URL, Pool
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.pool import AsyncAdaptedQueuePool, StaticPool
from sqlalchemy.util import await_only

T = TypeVar("T")

BUSY_FOR = 15.0
"""How many seconds to wait for others that are writing, unless `?timeout=` says so."""

_LONGEST_PAUSE = 0.02
_PRIMARY_CODE = 0xFF

_SETTINGS = (
    "PRAGMA journal_mode = WAL",  # readers and a writer do not wait for each other
    "PRAGMA synchronous = FULL",  # what was kept survives the loss of power, too
    "PRAGMA temp_store = MEMORY",
    "PRAGMA mmap_size = 268435456",
)


class Cursor(sqlite3.Cursor):
    """Runs a statement at once and holds all its rows, so that no lock outlives it."""

    connection: "Connection"
    _rows: Iterator[Any] = iter(())

    def execute(self, sql: str, parameters: Any = ()) -> "Cursor":
        return self._run(lambda: super(Cursor, self).execute(sql, parameters))

    def executemany(self, sql: str, parameters: Any) -> "Cursor":
        return self._run(lambda: super(Cursor, self).executemany(sql, parameters))

    def fetchone(self) -> Any:
        return next(self._rows, None)

    def fetchmany(self, size: int | None = None) -> list[Any]:
        return list(islice(self._rows, self.arraysize if size is None else size))

    def fetchall(self) -> list[Any]:
        return list(self._rows)

    def _run(self, statement: Callable[[], object]) -> "Cursor":
        await_only(_NOTHING)
        patiently(self.connection, statement)
        self._rows = iter(super().fetchall())
        return self

    async def _async_soft_close(self) -> None:
        """Do nothing: the rows are here already. SQLAlchemy asks for this name."""


class Connection(sqlite3.Connection):
    """A connection without transactions of its own making.

    `reads` says that each statement stands alone; otherwise a transaction begins by taking
    the one place of a writer. `keep` is the thread that waits for the disk, `patience` how
    many seconds to wait for another process. Only a migration, which makes tables anew,
    looks away from foreign keys.
    """

    reads = False
    keep: ThreadPoolExecutor | None = None

    def __init__(
        self,
        database: str,
        *,
        timeout: float = BUSY_FOR,
        foreign_keys: str = "on",
        **options: Any,
    ) -> None:
        super().__init__(database, timeout=0, **options)
        self.patience = timeout
        self.foreign_keys = foreign_keys

    def cursor(self, factory: Any = Cursor) -> Any:
        return super().cursor(factory)

    def begin(self) -> None:
        """Begin to write, as soon as nobody else does."""
        if not self.reads:
            self.cursor().execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        if not self.in_transaction:
            return
        if self.keep is None:
            super().commit()
        else:
            await_only(_finished(self.keep, super().commit))


class InlineSqlite(SQLiteDialect_pysqlite):
    """The dialect `sqlite+inline`. `writer` is for whoever writes to take their turn."""

    driver = "inline"
    is_async = True
    supports_statement_cache = True

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.writer = asyncio.Lock()
        self._keep = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sqlite-commit")

    @classmethod
    def get_pool_class(cls, url: URL) -> type[Pool]:
        return AsyncAdaptedQueuePool if cls._is_url_file_db(url) else StaticPool

    def create_connect_args(self, url: URL) -> tuple[Sequence[str], dict[str, Any]]:
        arguments, options = super().create_connect_args(url)
        return arguments, {
            **options,
            "foreign_keys": "off" if url.query.get("foreign_keys") == "off" else "on",
            "factory": Connection,
            "isolation_level": None,
            "check_same_thread": False,
            "cached_statements": 512,
        }

    def on_connect(self) -> Callable[[Any], None]:
        def set_up(connection: Connection) -> None:
            cursor = connection.cursor()
            for setting in _SETTINGS:
                cursor.execute(setting)
            cursor.execute(f"PRAGMA foreign_keys = {connection.foreign_keys}")
            in_file = cursor.execute("PRAGMA journal_mode").fetchone() == ("wal",)
            connection.keep = self._keep if in_file else None

        return set_up

    def do_begin(self, dbapi_connection: Any) -> None:
        dbapi_connection.begin()

    def set_isolation_level(self, dbapi_connection: Any, level: str) -> None:
        dbapi_connection.reads = level == "AUTOCOMMIT"

    def get_isolation_level(self, dbapi_connection: Any) -> Any:
        return "AUTOCOMMIT" if dbapi_connection.reads else "SERIALIZABLE"

    def detect_autocommit_setting(self, dbapi_conn: Any) -> bool:
        return bool(dbapi_conn.reads)


def patiently(connection: Connection, statement: Callable[[], T]) -> T:
    """Run the statement; while another process writes, let the loop go on and try again.

    Inside a transaction nobody else is in the way, so a refusal there is final.
    """
    try:
        return statement()
    except sqlite3.OperationalError as error:
        if connection.in_transaction or not _busy(error):
            raise
    return await_only(_again(statement, connection.patience))


async def _again(statement: Callable[[], T], patience: float) -> T:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + patience
    pause = 0.001
    while True:
        await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 - so that waiters do not march in step
        try:
            return statement()
        except sqlite3.OperationalError as error:
            if not _busy(error) or loop.time() > deadline:
                raise
        pause = min(2 * pause, _LONGEST_PAUSE)


async def _finished(thread: ThreadPoolExecutor, action: Callable[[], None]) -> None:
    """Run the action in the thread and wait until it is over, even if cancelled meanwhile.

    A connection that a thread still uses must not be given to anybody else.
    """
    running = asyncio.get_running_loop().run_in_executor(thread, action)
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise


def _busy(error: sqlite3.OperationalError) -> bool:
    return error.sqlite_errorcode & _PRIMARY_CODE == sqlite3.SQLITE_BUSY


class _Nothing:
    """An awaitable that is there at once: SQLAlchemy insists on awaiting something."""

    def __await__(self) -> Generator[None, None, None]:
        yield from ()


_NOTHING = _Nothing()

registry.register("sqlite.inline", __name__, InlineSqlite.__name__)
