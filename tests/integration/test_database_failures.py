"""What a database's failures mean to the person who asked."""

import asyncio

import pytest
from sqlalchemy import BigInteger, bindparam, text
from sqlalchemy.exc import DBAPIError

from adapters.sql.columns import TEXT
from adapters.sql.connections import Connections
from adapters.sql.engine import create_engine
from portal_core.errors import Conflict, Invalid, Unavailable

STORE = text("INSERT INTO things VALUES (:id, :word)").bindparams(
    bindparam("id", type_=BigInteger()), bindparam("word", type_=TEXT)
)
RENAME = text("UPDATE things SET word = word || '!' WHERE id = :id")


async def prepared(url):
    engine = create_engine(url)
    async with engine.begin() as connection:
        await connection.execute(
            text("CREATE TABLE things (id BIGINT PRIMARY KEY, word TEXT NOT NULL)")
        )
        await connection.execute(text("INSERT INTO things VALUES (1, 'one'), (2, 'two')"))
    return engine


@pytest.fixture
async def sqlite_engine(empty_sqlite_url):
    engine = await prepared(empty_sqlite_url)
    yield engine
    await engine.dispose()


@pytest.fixture
async def postgres_engine(empty_postgres_url):
    engine = await prepared(empty_postgres_url)
    yield engine
    await engine.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.external)])
def connections(request):
    return Connections(request.getfixturevalue(f"{request.param}_engine"))


@pytest.fixture
def server(postgres_engine):
    return Connections(postgres_engine)


async def store(connections, id_, word="word"):
    async with connections.changing() as connection:
        await connection.execute(STORE, {"id": id_, "word": word})


async def words(connections):
    async with connections.reading() as connection:
        return list(await connection.scalars(text("SELECT word FROM things ORDER BY id")))


async def test_what_the_schema_forbids_is_a_conflict(connections):
    with pytest.raises(Conflict):
        await store(connections, 1)
    assert await words(connections) == ["one", "two"]


@pytest.mark.parametrize(
    ("id_", "word"), [(2**63, "word"), (-(2**70), "word"), (3, "lone \ud800 surrogate")]
)
async def test_what_cannot_be_stored_is_invalid(connections, id_, word):
    with pytest.raises(Invalid) as refusal:
        await store(connections, id_, word)
    assert refusal.value.code == "unstorable"
    assert await words(connections) == ["one", "two"]


async def test_postgresql_stores_no_nul(server):
    with pytest.raises(Invalid):
        await store(server, 3, "nul \x00 byte")


async def test_a_fault_of_ours_stays_one(connections):
    with pytest.raises(DBAPIError):
        async with connections.reading() as connection:
            await connection.execute(text("SELECT no_such_column FROM things"))


async def test_of_two_that_wait_for_each_other_one_is_told_to_try_again(server):
    holding = asyncio.Barrier(2)

    async def rename(first, second):
        async with server.changing() as connection:
            await connection.execute(RENAME, {"id": first})
            await holding.wait()
            await connection.execute(RENAME, {"id": second})

    both = await asyncio.gather(rename(1, 2), rename(2, 1), return_exceptions=True)
    [refusal] = [outcome for outcome in both if outcome is not None]
    assert isinstance(refusal, Unavailable)
    assert refusal.code == "busy"
    assert await words(server) == ["one!", "two!"]


async def end_all_connections(url):
    engine = create_engine(url)
    async with engine.begin() as connection:
        await connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    await engine.dispose()
    await asyncio.sleep(0.05)


async def test_a_server_that_came_back_is_found_again(server, empty_postgres_url):
    assert await words(server) == ["one", "two"]
    await end_all_connections(empty_postgres_url)
    assert await words(server) == ["one", "two"]
    await store(server, 3, "three")


async def test_a_server_that_goes_away_meanwhile_does_not_answer(
    server, empty_postgres_url
):
    async def interrupted():
        async with server.changing() as connection:
            await connection.execute(RENAME, {"id": 1})
            await end_all_connections(empty_postgres_url)
            await connection.execute(RENAME, {"id": 2})

    with pytest.raises(Unavailable):
        await interrupted()
    assert await words(server) == ["one", "two"]


async def test_a_reader_that_is_cancelled_leaves_its_connection_fit(server):
    async def dawdle():
        async with server.reading() as connection:
            await connection.execute(text("SELECT pg_sleep(30)"))

    for _ in range(3):
        task = asyncio.create_task(dawdle())
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    async with asyncio.timeout(5):
        assert await words(server) == ["one", "two"]


async def test_who_finds_nobody_is_told_so():
    engine = create_engine("postgresql://127.0.0.1:1/nothing")
    with pytest.raises(Unavailable):
        await words(Connections(engine))
    with pytest.raises(Unavailable):
        await store(Connections(engine), 1)
    await engine.dispose()


async def test_readers_beyond_the_pool_wait_and_then_are_served(server):
    async def read():
        async with server.reading() as connection:
            await connection.execute(text("SELECT pg_sleep(0.01)"))

    async with asyncio.timeout(20):
        await asyncio.gather(*(read() for _ in range(100)))
