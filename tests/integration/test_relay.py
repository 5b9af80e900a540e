"""The relay and the worker around it, in real time."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest

from adapters.jobs.in_process import InProcessQueue, Worker
from adapters.jobs.relay import AT_ONCE, EACH, Relay
from adapters.memory.database import MemoryDatabase
from entrypoints.container import utc_now as now
from portal_core.automation.ports import DeliveryFilter
from portal_core.delivery import DeliveryState, TryLater
from portal_core.errors import Unavailable
from portal_core.jobs import Chore
from portal_core.outbox import Dispatcher
from portal_core.paging import Window
from portal_core.subscriptions import Subscriber
from tests.examples import a_fact, a_product, an_endpoint

SOON = 2


class World:
    """Receivers that take everything, but for those that hang or refuse."""

    def __init__(self, database):
        self.database = database
        self.hanging = {}
        self.refusing = set()
        self.taken = Counter()
        self.news = asyncio.Event()
        self.under_way = Counter()
        self.most = Counter()
        self.most_at_all = 0

    async def deliver(self, due):
        target = due.delivery.target
        self.under_way[target] += 1
        self.most[target] = max(self.most[target], self.under_way[target])
        self.most_at_all = max(self.most_at_all, self.under_way.total())
        try:
            if target in self.hanging:
                await self.hanging[target].wait()
            if target in self.refusing:
                raise TryLater("503")
        finally:
            self.under_way[target] -= 1
        self.taken[target] += 1
        self.news.set()
        return "200"

    async def endpoint(self, name, *, hangs=False):
        endpoint = an_endpoint(f"https://example.com/{name}", events=("product.*",))
        async with self.database.begin() as work:
            await work.endpoints.add(endpoint)
        if hangs:
            self.hanging[endpoint.id] = asyncio.Event()
        return endpoint.id

    async def happen(self, times=1):
        async with self.database.begin() as work:
            for _ in range(times):
                work.emit(a_fact(a_product(), at=now()))

    async def until_taken(self, target, count):
        async with asyncio.timeout(SOON):
            while self.taken[target] < count:
                self.news.clear()
                await self.news.wait()

    async def states(self):
        async with self.database.read() as work:
            page = await work.deliveries.page(DeliveryFilter(), Window(limit=200))
        return Counter(delivery.state for delivery in page.items)


@pytest.fixture
def world():
    return World(MemoryDatabase())


@pytest.fixture
def relay(world):
    dispatcher = Dispatcher(
        handlers={Subscriber.WEBHOOKS: world.deliver}, clock=now, chance=lambda: 0.5
    )
    return Relay(outbox=world.database.outbox, dispatcher=dispatcher, clock=now, grace=0.2)


async def test_everything_due_is_delivered(world, relay):
    await world.endpoint("a")
    await world.happen(75)
    assert await relay.run() == 75
    assert await world.states() == {DeliveryState.DONE: 75}
    assert await relay.run() == 0


async def test_what_fails_is_noted_and_left_for_later(world, relay):
    world.refusing.add(await world.endpoint("a"))
    await world.happen(3)
    assert await relay.run() == 3
    assert await world.states() == {DeliveryState.PENDING: 3}
    assert await relay.run() == 0


async def test_a_receiver_that_hangs_does_not_delay_the_others(world, relay):
    slow, quick = await world.endpoint("slow", hangs=True), await world.endpoint("quick")
    await world.happen(100)
    running = asyncio.create_task(relay.run())
    await world.until_taken(quick, 100)
    assert world.taken[slow] == 0
    assert EACH // 2 < world.most[slow] <= EACH
    await world.happen()  # and what comes later does not wait, either
    await world.until_taken(quick, 101)
    world.hanging[slow].set()
    assert await running == 202


async def test_there_are_never_more_tries_at_once_than_places(world, relay):
    slow = [await world.endpoint(f"slow{n}", hangs=True) for n in range(5)]
    await world.happen(30)
    running = asyncio.create_task(relay.run())
    await asyncio.sleep(0.2)
    for target in slow:
        world.hanging[target].set()
    assert await running == 150
    assert world.most_at_all == AT_ONCE
    assert max(world.most.values()) <= EACH


async def test_when_it_is_to_end_tries_under_way_are_noted_if_they_end_in_time(
    world, relay
):
    slow, never = (
        await world.endpoint("s", hangs=True),
        await world.endpoint("n", hangs=True),
    )
    await world.happen()
    running = asyncio.create_task(relay.run())
    await asyncio.sleep(0.05)
    running.cancel()
    await asyncio.sleep(0.05)
    world.hanging[slow].set()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert world.taken == {slow: 1}
    assert world.under_way[never] == 0
    assert await world.states() == {DeliveryState.DONE: 1, DeliveryState.PENDING: 1}


@pytest.fixture
def queue():
    return InProcessQueue()


async def test_a_nudge_is_answered_at_once_and_a_lost_one_by_the_poll(world, relay, queue):
    target = await world.endpoint("a")
    chores = {Chore.RELAY: relay.run}
    async with Worker(queue=queue, chores=chores, poll_seconds=60).running():
        await asyncio.sleep(0.05)
        await world.happen()
        await queue.ask(Chore.RELAY)
        await world.until_taken(target, 1)
    async with Worker(queue=queue, chores=chores, poll_seconds=0.1).running():
        await asyncio.sleep(0.05)
        await world.happen()
        await world.until_taken(target, 2)


async def test_a_chore_that_fails_is_done_again(queue):
    done = asyncio.Event()
    tries = []

    async def stumble():
        tries.append(now())
        if len(tries) < 3:
            raise Unavailable("The database does not answer.")
        done.set()

    worker = Worker(queue=queue, chores={Chore.RELAY: stumble}, poll_seconds=0.05)
    async with worker.running(), asyncio.timeout(SOON):
        await done.wait()
    assert tries[2] - tries[0] >= timedelta(seconds=0.1)


async def test_a_chore_that_takes_long_does_not_hold_up_another(queue):
    done = asyncio.Event()

    async def quick():
        done.set()

    chores = {Chore.IMPORT_FEED: asyncio.Event().wait, Chore.RELAY: quick}
    async with Worker(queue=queue, chores=chores).running(), asyncio.timeout(SOON):
        await done.wait()
