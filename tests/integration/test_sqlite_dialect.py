"""SQLite in the event loop: who waits for whom, and what survives."""

import asyncio
import sqlite3
import subprocess
import sys
import textwrap
import time

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError, OperationalError

from adapters.sql.connections import Connections
from adapters.sql.engine import create_engine
from portal_core.errors import Conflict, Unavailable

SCHEMA = (
    "CREATE TABLE parents (id INTEGER PRIMARY KEY)",
    "CREATE TABLE counts (id INTEGER PRIMARY KEY, n INTEGER NOT NULL)",
    "CREATE TABLE children (parent_id INTEGER NOT NULL REFERENCES parents (id))",
    "INSERT INTO counts VALUES (1, 0)",
)
READ = text("SELECT n FROM counts WHERE id = 1")
ADD = text("UPDATE counts SET n = n + 1 WHERE id = 1")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "portal.db"


@pytest.fixture
async def engine(path):
    engine = create_engine(f"sqlite:///{path}")
    async with engine.begin() as connection:
        for statement in SCHEMA:
            await connection.execute(text(statement))
    yield engine
    await engine.dispose()


@pytest.fixture
def connections(engine):
    return Connections(engine)


async def count(connections):
    async with connections.reading() as connection:
        return await connection.scalar(READ)


async def test_every_connection_is_set_up(connections):
    settings = {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "temp_store": 2,
        "busy_timeout": 0,
    }
    async with connections.reading() as one, connections.reading() as other:
        for connection in (one, other):
            for name, value in settings.items():
                assert await connection.scalar(text(f"PRAGMA {name}")) == value


async def test_what_refers_to_nothing_is_refused(connections):
    with pytest.raises(Conflict):
        async with connections.changing() as connection:
            await connection.execute(text("INSERT INTO children VALUES (7)"))


async def test_rows_come_one_by_one_and_all_together(engine):
    numbers = "SELECT value FROM json_each('[1, 2, 3, 4, 5]')"
    async with engine.connect() as connection:
        rows = await connection.execute(text(numbers))
        assert rows.fetchone() == (1,)
        assert rows.fetchmany(2) == [(2,), (3,)]
        assert rows.all() == [(4,), (5,)]


async def test_many_rows_are_written_in_one_go(engine):
    async with engine.begin() as connection:
        rows = [{"id": number} for number in range(10)]
        await connection.execute(text("INSERT INTO parents VALUES (:id)"), rows)
        assert await connection.scalar(text("SELECT count(*) FROM parents")) == 10


async def test_a_read_opens_no_transaction(engine, connections):
    async with connections.reading() as connection:
        await connection.scalar(READ)
        raw = await connection.get_raw_connection()
        assert not raw.driver_connection.in_transaction
    async with connections.changing() as connection:
        raw = await connection.get_raw_connection()
        assert raw.driver_connection.in_transaction


async def test_readers_do_not_wait_for_a_writer(connections):
    async with connections.changing() as connection:
        await connection.execute(ADD)
        assert await count(connections) == 0
    assert await count(connections) == 1


async def test_writers_of_one_program_take_turns_in_order(connections):
    order = []

    async def write(number):
        async with connections.changing() as connection:
            seen = await connection.scalar(READ)
            await asyncio.sleep(0)
            await connection.execute(
                text("UPDATE counts SET n = :n WHERE id = 1"), {"n": seen + 1}
            )
            order.append(number)

    async with asyncio.timeout(20):
        await asyncio.gather(*(write(number) for number in range(100)))
    assert await count(connections) == 100
    assert order == list(range(100))


async def test_waiting_writers_keep_no_connection_from_readers(engine, connections):
    async with connections.changing() as connection:
        await connection.execute(ADD)
        waiting = [asyncio.create_task(change(connections)) for _ in range(60)]
        await asyncio.sleep(0.01)
        assert engine.pool.checkedout() == 1
        assert await count(connections) == 0
    await asyncio.gather(*waiting)
    assert await count(connections) == 61


async def change(connections):
    async with connections.changing() as connection:
        await connection.execute(ADD)


async def test_a_writer_waits_for_another_program_and_lets_the_loop_go_on(
    path, connections
):
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    waiting = asyncio.create_task(change(connections))
    steps = 0
    began = time.monotonic()
    while time.monotonic() - began < 0.2:
        assert await count(connections) == 0
        await asyncio.sleep(0.001)
        steps += 1
    assert not waiting.done()
    assert steps > 20
    other.execute("COMMIT")
    other.close()
    async with asyncio.timeout(5):
        await waiting
    assert await count(connections) == 1


async def test_who_waits_too_long_is_told_so(path, engine):
    hasty = create_engine(f"sqlite:///{path}?timeout=0.05")
    connections = Connections(hasty)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable) as refusal:
        await change(connections)
    other.execute("ROLLBACK")
    other.close()
    assert refusal.value.code == "busy"
    await change(connections)
    await hasty.dispose()


WRITER = """
    import asyncio, sys
    from sqlalchemy import text
    from adapters.sql.connections import Connections
    from adapters.sql.engine import create_engine

    async def main():
        connections = Connections(create_engine(sys.argv[1]))
        async def write():
            async with connections.changing() as connection:
                n = await connection.scalar(text("SELECT n FROM counts WHERE id = 1"))
                await asyncio.sleep(0)
                await connection.execute(text(f"UPDATE counts SET n = {n + 1}"))
        await asyncio.gather(*(write() for _ in range(100)))

    asyncio.run(main())
"""


async def test_two_programs_write_at_once_and_lose_nothing(path, connections):
    program = [sys.executable, "-c", textwrap.dedent(WRITER), f"sqlite:///{path}"]
    others = [await asyncio.create_subprocess_exec(*program) for _ in range(2)]
    await asyncio.gather(*(change(connections) for _ in range(100)))
    async with asyncio.timeout(60):
        assert [await other.wait() for other in others] == [0, 0]
    assert await count(connections) == 300


KEEPER = """
    import asyncio, sys
    from sqlalchemy import text
    from adapters.sql.connections import Connections
    from adapters.sql.engine import create_engine

    async def main():
        connections = Connections(create_engine(sys.argv[1]))
        for n in range(1, 10_000):
            async with connections.changing() as connection:
                await connection.execute(text(f"UPDATE counts SET n = {n}"))
            print(n, flush=True)

    asyncio.run(main())
"""


def test_what_was_kept_survives_a_kill(path, engine):
    command = [sys.executable, "-c", textwrap.dedent(KEEPER), f"sqlite:///{path}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        told = [program.stdout.readline() for _ in range(50)]
        program.kill()
        told += [line for line in program.stdout if line.endswith("\n")]
    with sqlite3.connect(path) as database:
        [[kept]] = database.execute("SELECT n FROM counts")
        [[sound]] = database.execute("PRAGMA integrity_check")
    database.close()
    assert int(told[-1]) <= kept <= int(told[-1]) + 1
    assert sound == "ok"


async def test_a_writer_that_is_cancelled_leaves_the_way_free(connections):
    begun = asyncio.Event()

    async def dawdle():
        async with connections.changing() as connection:
            await connection.execute(ADD)
            begun.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(dawdle())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(5):
        await change(connections)
    assert await count(connections) == 1


async def test_one_that_is_cancelled_while_it_waits_leaves_the_queue(path, connections):
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    for another in (change(connections), change(connections)):
        waiting = asyncio.create_task(another)
        await asyncio.sleep(0.02)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    other.execute("ROLLBACK")
    other.close()
    async with asyncio.timeout(5):
        await change(connections)
    assert await count(connections) == 1


async def test_cancelling_a_commit_waits_until_it_is_over(engine, connections):
    reached = asyncio.Event()
    event.listen(engine.sync_engine, "commit", lambda _: reached.set())
    task = asyncio.create_task(change(connections))
    await reached.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    async with asyncio.timeout(5):
        await change(connections)
    assert await count(connections) == 2


async def test_a_fault_of_ours_is_not_hidden(connections):
    with pytest.raises(OperationalError, match="no such table"):
        async with connections.reading() as connection:
            await connection.execute(text("SELECT * FROM missing"))


async def test_a_folder_that_is_not_there_is_a_database_that_does_not_answer(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path}/nowhere/portal.db")
    with pytest.raises(Unavailable):
        async with Connections(engine).reading():
            pass
    await engine.dispose()


async def test_a_database_in_memory_is_one_for_everybody():
    engine = create_engine("sqlite://")
    connections = Connections(engine)
    async with connections.changing() as connection:
        for statement in SCHEMA:
            await connection.execute(text(statement))
    await change(connections)
    assert await count(connections) == 1
    with pytest.raises(IntegrityError):
        async with engine.begin() as connection:
            await connection.execute(text("INSERT INTO children VALUES (7)"))
    await engine.dispose()
