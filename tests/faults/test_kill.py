"""Whoever dies when, no order is lost or doubled, and every delivery arrives.

`nox -s faults -- --kills 200` for the long form.
"""

import asyncio
import contextlib
import random

import pytest

from portal_core.delivery import DeliveryState
from portal_core.subscriptions import Subscriber
from tests.faults.books import PATIENCE, Books
from tests.faults.buyer import Buyer
from tests.faults.receiver import Receiver
from tests.faults.town import Town

pytestmark = pytest.mark.slow

BUYERS = 6
LONGEST_START = 40
"""After how many seconds a program that is started has done something, at the latest."""

LONGEST_LIFE = 2.0
"""How many seconds a program may go on after that, until it is killed."""


@pytest.fixture(
    params=[
        "embedded",
        "sqlite",
        pytest.param("postgres", marks=pytest.mark.external),
        pytest.param("redis", marks=pytest.mark.external),
    ]
)
def town(request, tmp_path):
    """A portal of this kind; without a queue of its own it uses the database's."""
    if request.param == "embedded":
        return Town(tmp_path, request.getfixturevalue("sqlite_url"), programs=("up",))
    if request.param == "sqlite":
        return Town(tmp_path, request.getfixturevalue("sqlite_url"))
    queue = request.getfixturevalue("redis_url") if request.param == "redis" else ""
    return Town(tmp_path, request.getfixturevalue("postgres_url"), queue)


async def test_killing_loses_nothing_and_doubles_nothing(town, kills):
    books = Books(town.database_url)
    async with Receiver() as receiver:
        emails = await town.furnish(receiver.url, BUYERS)
        ordered = asyncio.Event()
        buyers = [Buyer(town.address, email, ordered) for email in emails]
        with town:
            async with buying(buyers):
                await kill_at_random(town, kills, ordered, receiver.news)
            waited = await books.settled()
        print(  # noqa: T201 - the figures are the point of a long run
            f"\n{kills} kills, {await figures(books, buyers, receiver)}; "
            f"everything had arrived {waited:.0f} s after the last checkout."
        )
        await check_orders(books, buyers)
        await check_deliveries(books, receiver, town.mails)


@contextlib.asynccontextmanager
async def buying(buyers):
    """Let everybody buy for as long as the block lasts, and finish what they began."""
    try:
        await asyncio.gather(*(buyer.sign_in() for buyer in buyers))
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(buyer.buy()) for buyer in buyers]
            yield
            for buyer in buyers:
                buyer.finish()
            await asyncio.wait_for(asyncio.gather(*tasks), PATIENCE)
    finally:
        for buyer in buyers:
            await buyer.leave()


async def kill_at_random(town, kills, ordered, delivered):
    """Kill programs, most of them while they work, and some while they start."""
    for _ in range(kills):
        program = random.choice(town.programs)
        if random.random() < 0.8:
            news = delivered if program == "worker" else ordered
            news.clear()
            await asyncio.wait_for(news.wait(), LONGEST_START)
        await asyncio.sleep(random.uniform(0, LONGEST_LIFE))
        town.kill(program)


async def check_orders(books, buyers):
    """Every order that was confirmed is there, once, and stock and facts agree."""
    placed = [
        (number, lines, reference)
        for buyer in buyers
        for reference, (number, lines) in buyer.placed.items()
    ]
    stored = await books.orders()
    assert placed
    assert sorted(stored, key=str) == sorted(placed, key=str)
    facts = await books.facts()
    assert len(facts) == len(placed)
    assert set(facts.values()) == {1}
    for sku, (product, ledger, sold) in (await books.stock()).items():
        assert product == ledger == sold, sku


async def check_deliveries(books, receiver, mails):
    """Every delivery is done, and has arrived where it was to go."""
    deliveries = await books.deliveries()
    assert {delivery.state for delivery in deliveries} == {DeliveryState.DONE}
    sent = {
        one: {str(d.id) for d in deliveries if d.subscriber == one} for one in Subscriber
    }
    assert len(sent[Subscriber.WEBHOOKS]) == sum((await books.facts()).values())
    assert sent[Subscriber.WEBHOOKS] == set(receiver.taken)
    assert sent[Subscriber.MAIL_BUYER] == {mail.stem for mail in mails.glob("*.eml")}


async def figures(books, buyers, receiver):
    """Return what happened, in numbers."""
    made = {str(d.id): d.created_at.timestamp() for d in await books.deliveries()}
    taken = receiver.taken
    delays = [taken[id_][0] - made[id_] for id_ in taken if id_ in made]
    stored = await books.orders()
    known = {reference for _, _, reference in stored}
    confirmed = [reference for buyer in buyers for reference in buyer.placed]
    return (
        f"{len(stored)} orders stored, {len(confirmed)} confirmed, "
        f"{sum(buyer.interrupted for buyer in buyers)} checkouts interrupted, "
        f"{len(set(confirmed) - known)} lost, {len(stored) - len(known)} doubled, "
        f"{len(taken)} deliveries arrived, "
        f"{sum(len(times) > 1 for times in taken.values())} of them more than once, "
        f"the slowest after {max(delays, default=0):.0f} s"
    )
