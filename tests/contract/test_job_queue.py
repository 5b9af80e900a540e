"""The contract of JobQueue."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from adapters.jobs.in_process import InProcessQueue
from adapters.jobs.saq import SaqQueue, SaqReceiver, close_queue, open_queue
from adapters.memory.jobs import MemoryJobQueue
from portal_core.jobs import Chore

PATIENCE = 10
QUIET = 0.2


class Listener:
    """Notes the chores that begin, while it listens."""

    def __init__(self):
        self.heard = []
        self.news = asyncio.Event()

    async def hear(self, chore):
        self.heard.append(chore)
        self.news.set()

    async def until(self, count):
        """Wait for so many chores, and a moment for one too many."""
        async with asyncio.timeout(PATIENCE):
            while len(self.heard) < count:
                self.news.clear()
                await self.news.wait()
        await asyncio.sleep(QUIET)
        return self.heard


class InMemory:
    def __init__(self):
        self.queue = MemoryJobQueue()

    @asynccontextmanager
    async def listening(self, listener):
        async def listen():
            while True:
                while chore := self.queue.begin():
                    await listener.hear(chore)
                await asyncio.sleep(0.01)

        async with background(listen()):
            yield

    async def close(self):
        pass


class InProcess(InMemory):
    def __init__(self):
        self.queue = InProcessQueue()

    @asynccontextmanager
    async def listening(self, listener):
        async def listen(chore):
            while True:
                if await self.queue.wait(chore, PATIENCE):
                    await listener.hear(chore)

        async with background(*(listen(chore) for chore in Chore)):
            yield


class BySaq:
    def __init__(self, url):
        self.url = url
        self.queue = SaqQueue(url)

    def listening(self, listener):
        return SaqReceiver(self.url, ask=listener.hear).listening()

    async def close(self):
        await self.queue.close()


@asynccontextmanager
async def background(*doings):
    tasks = [asyncio.create_task(doing) for doing in doings]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture(
    params=[
        "memory",
        "in_process",
        pytest.param("redis", marks=pytest.mark.external),
        pytest.param("postgres", marks=pytest.mark.external),
    ]
)
async def channel(request):
    """A queue with a way to listen to it."""
    kinds = {"memory": InMemory, "in_process": InProcess}
    if request.param in kinds:
        made = kinds[request.param]()
    else:
        made = BySaq(request.getfixturevalue(f"{request.param}_url"))
        await made.queue.ping()
    yield made
    await made.close()


@pytest.fixture
def queue(channel):
    return channel.queue


@pytest.fixture
def listener():
    return Listener()


async def test_what_was_asked_for_begins(channel, queue, listener):
    async with channel.listening(listener):
        await queue.ask(Chore.RELAY)
        assert await listener.until(1) == [Chore.RELAY]


async def test_asking_twice_before_it_began_is_asking_once(channel, queue, listener):
    for chore in (Chore.RELAY, Chore.IMPORT_FEED, Chore.RELAY):
        await queue.ask(chore)
    async with channel.listening(listener):
        heard = await listener.until(2)
        assert sorted(heard) == [Chore.IMPORT_FEED, Chore.RELAY]


async def test_what_began_can_be_asked_for_again(channel, queue, listener):
    async with channel.listening(listener):
        for count in range(1, 5):
            await queue.ask(Chore.RELAY)
            assert await listener.until(count) == [Chore.RELAY] * count


async def test_listening_ends_at_once_and_can_begin_again(channel, queue, listener):
    async with asyncio.timeout(PATIENCE):
        async with channel.listening(listener):
            pass
        await queue.ask(Chore.RELAY)
        async with channel.listening(listener):
            assert await listener.until(1) == [Chore.RELAY]


@pytest.fixture(
    params=[
        pytest.param("redis", marks=pytest.mark.external),
        pytest.param("postgres", marks=pytest.mark.external),
    ]
)
async def between_programs(request):
    """A queue between programs, any of which may die. Its tables are there already."""
    made = BySaq(request.getfixturevalue(f"{request.param}_url"))
    await made.queue.ping()
    yield made
    await made.close()


async def heard_by_one_who_died(between_programs, chore):
    """Take the job for the chore from the queue, and do not come back."""
    dead = open_queue(between_programs.url)
    await dead.connect()
    await between_programs.queue.ask(chore)
    job = await dead.dequeue(timeout=PATIENCE)
    assert job.function == chore
    await close_queue(dead)


async def test_what_died_with_its_listener_can_soon_be_asked_for_again(
    between_programs, listener
):
    await heard_by_one_who_died(between_programs, Chore.RELAY)
    two_sweeps = asyncio.timeout(3 * PATIENCE)  # the first may come too early for it
    async with two_sweeps, between_programs.listening(listener):
        while not listener.heard:
            await between_programs.queue.ask(Chore.RELAY)
            await asyncio.sleep(QUIET)


async def test_of_several_listeners_one_hears(between_programs, listener):
    both = between_programs.listening(listener), between_programs.listening(listener)
    async with both[0], both[1]:
        for count in range(1, 5):
            await between_programs.queue.ask(Chore.RELAY)
            assert await listener.until(count) == [Chore.RELAY] * count


async def test_a_chore_that_only_a_newer_version_knows_is_passed_over(
    between_programs, listener
):
    newer = open_queue(between_programs.url)
    await newer.connect()
    await newer.enqueue("fly")
    await between_programs.queue.ask(Chore.RELAY)
    async with between_programs.listening(listener):
        assert await listener.until(1) == [Chore.RELAY]
    assert await newer.count("incomplete") == 0
    await close_queue(newer)


@pytest.mark.parametrize("url", ["redis://127.0.0.1:9", "postgresql://127.0.0.1:9/x"])
async def test_a_queue_that_is_away_is_nobodys_trouble(url, listener):
    away = BySaq(url)
    async with asyncio.timeout(PATIENCE), away.listening(listener):
        await away.queue.ask(Chore.RELAY)
    await away.close()
    assert listener.heard == []


@pytest.mark.external
@pytest.mark.parametrize("steps", [0, 1, 2, 3, 5, 8])
async def test_closing_while_someone_asks_leaves_nothing_running(postgres_url, steps):
    queue = SaqQueue(postgres_url)
    asking = asyncio.create_task(queue.ask(Chore.RELAY))
    for _ in range(steps):
        await asyncio.sleep(0)
    await queue.close()
    await asking
    assert asyncio.all_tasks() == {asyncio.current_task()}
