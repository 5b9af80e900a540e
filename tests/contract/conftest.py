"""Every kind of database, fresh for each test."""

import asyncio

import pytest
from sqlalchemy import delete

from adapters.crypto.sealer import Sealer
from adapters.memory.database import MemoryDatabase
from adapters.sql.database import SqlDatabase
from adapters.sql.engine import create_engine
from adapters.sql.tables.everything import METADATA


class Nudge:
    """Notes that the worker was nudged, and breaks down: nobody may be hurt by that."""

    def __init__(self):
        self.came = asyncio.Event()

    async def __call__(self):
        self.came.set()
        raise OSError("The worker can't be reached.")


@pytest.fixture
def nudge():
    return Nudge()


@pytest.fixture
def memory_database(nudge):
    return MemoryDatabase(nudge=nudge)


@pytest.fixture
async def sqlite_engine(sqlite_url):
    engine = create_engine(sqlite_url)
    yield engine
    await engine.dispose()


@pytest.fixture(scope="session")
def lasting_postgres_url(postgres, postgres_template):
    """The address of a database that every test empties again: making one takes longer."""
    name = postgres.create(postgres_template)
    postgres.run(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
    yield postgres.address(name)
    postgres.drop(name)


@pytest.fixture
async def postgres_engine(lasting_postgres_url):
    engine = create_engine(lasting_postgres_url)
    yield engine
    emptied = "; ".join(str(delete(table)) for table in reversed(METADATA.sorted_tables))
    async with engine.begin() as connection:
        asyncpg_connection = (await connection.get_raw_connection()).driver_connection
        await asyncpg_connection.execute(emptied)
    await engine.dispose()


@pytest.fixture
def sqlite_database(sqlite_engine, nudge):
    return SqlDatabase(sqlite_engine, secrets=Sealer(["a secret"]), nudge=nudge)


@pytest.fixture
def postgres_database(postgres_engine, nudge):
    return SqlDatabase(postgres_engine, secrets=Sealer(["a secret"]), nudge=nudge)


@pytest.fixture(
    params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.external)]
)
def database(request):
    """A database of each kind, empty."""
    return request.getfixturevalue(f"{request.param}_database")
