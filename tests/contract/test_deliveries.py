from datetime import timedelta

import pytest

from portal_core.automation.ports import DeliveryFilter
from portal_core.automation.views import DeliverySummary, FailedReceiver, OutboxStatus
from portal_core.commerce.events import StockChanged
from portal_core.delivery import DeliveryState, Result
from portal_core.errors import NotFound
from portal_core.ids import new_id
from portal_core.paging import Total, Window
from tests.contract.lists import walk
from tests.examples import a_fact, a_product, an_endpoint
from tests.people import NOON, SYSTEM

LEASE = timedelta(seconds=60)


@pytest.fixture
async def endpoint(database):
    endpoint = an_endpoint(events=("product.archived",))
    async with database.begin() as work:
        await work.endpoints.add(endpoint)
    return endpoint


async def emit(database, *events):
    async with database.begin() as work:
        for event in events:
            work.emit(event)


async def fail(database, *, now=NOON, answer="500 no"):
    """Try all that is due, in vain and for the last time."""
    dues = await database.outbox.claim(limit=100, now=now, lease=LEASE)
    results = [
        Result(
            delivery_id=due.delivery.id,
            attempt=due.delivery.attempts + 1,
            state=DeliveryState.FAILED,
            at=now,
            duration=timedelta(seconds=1),
            answer=answer,
        )
        for due in dues
    ]
    await database.outbox.record(results)
    return [due.delivery.id for due in dues]


async def found(database, **filters):
    async with database.read() as work:
        page = await work.deliveries.page(DeliveryFilter(**filters), Window())
    return list(page.items)


def crossing(*, at=NOON):
    """Return an event that two channels hear of, Discord and the MSP's mail."""
    return StockChanged(
        stamp=SYSTEM.stamp(at),
        product_id=new_id(),
        sku="MOUSE-1",
        name="Mouse",
        before=1,
        after=0,
    )


async def test_a_delivery_to_an_endpoint_names_its_address(database, endpoint):
    event = a_fact(a_product())
    await emit(database, event)
    [shown] = await found(database)
    assert shown == DeliverySummary(
        id=shown.id,
        event_id=event.stamp.id,
        event_type="product.archived",
        subscriber="webhooks",
        endpoint_id=endpoint.id,
        receiver=endpoint.url,
        state=DeliveryState.PENDING,
        attempts=0,
        created_at=NOON,
        next_at=NOON,
        last_answer="",
    )
    async with database.read() as work:
        assert await work.deliveries.get(shown.id) == shown
        assert list(await work.deliveries.attempts(shown.id)) == []


async def test_a_delivery_to_a_channel_names_the_channel(database):
    await emit(database, crossing())
    shown = await found(database)
    assert {each.receiver for each in shown} == {"discord", "mail-msp"}
    assert {each.endpoint_id for each in shown} == {None}


async def test_a_delivery_that_is_not_there(database):
    async with database.begin() as work:
        with pytest.raises(NotFound):
            await work.deliveries.get(new_id())
        with pytest.raises(NotFound):
            await work.deliveries.retry(new_id(), NOON)
        assert list(await work.deliveries.attempts(new_id())) == []


async def test_deliveries_come_newest_first(database, endpoint):
    for minute in (1, 0, 2):
        await emit(database, a_fact(a_product(), at=NOON + timedelta(minutes=minute)))
    times = [each.created_at for each in await found(database)]
    assert len(times) == 3
    assert times == sorted(times, reverse=True)


async def test_deliveries_are_found_by_what_they_are(database, endpoint):
    fact, stock = a_fact(a_product()), crossing(at=NOON + timedelta(minutes=1))
    await emit(database, fact, stock)
    await fail(database)

    async def subscribers(**filters):
        return {each.subscriber for each in await found(database, **filters)}

    channels = {"discord", "mail-msp"}
    assert await subscribers() == {"webhooks"} | channels
    assert await subscribers(state=DeliveryState.FAILED) == {"webhooks"}
    assert await subscribers(state=DeliveryState.PENDING) == channels
    assert await subscribers(state=DeliveryState.DONE) == set()
    assert await subscribers(subscriber="discord") == {"discord"}
    assert await subscribers(endpoint_id=endpoint.id) == {"webhooks"}
    assert await subscribers(event_type="product.stock_changed") == channels
    assert await subscribers(event_ids=(fact.stamp.id,)) == {"webhooks"}
    assert await subscribers(event_ids=(new_id(),)) == set()
    both = (fact.stamp.id, stock.stamp.id)
    assert await subscribers(event_ids=both, subscriber="discord") == {"discord"}


async def test_every_delivery_is_on_one_page(database):
    await emit(database, *(crossing() for _ in range(6)))

    async def read(window):
        async with database.read() as work:
            return await work.deliveries.page(DeliveryFilter(), window)

    there, back = await walk(read, limit=5)
    assert there == back
    assert len({delivery.id for delivery in there}) == len(there) == 12


async def test_deliveries_are_counted_when_asked(database):
    await emit(database, crossing())
    async with database.read() as work:
        counted = await work.deliveries.page(DeliveryFilter(count=True), Window(1))
        uncounted = await work.deliveries.page(DeliveryFilter(), Window(1))
    assert (counted.total, uncounted.total) == (Total(2), None)


async def test_a_failed_delivery_is_retried(database, endpoint):
    await emit(database, a_fact(a_product()))
    [failed] = await fail(database)
    later = NOON + timedelta(hours=1)
    async with database.begin() as work:
        await work.deliveries.retry(failed, later)
    [shown] = await found(database)
    assert (shown.state, shown.next_at) == (DeliveryState.PENDING, later)
    assert await database.outbox.claim(limit=5, now=NOON, lease=LEASE) == []
    [due] = await database.outbox.claim(limit=5, now=later, lease=LEASE)
    assert due.delivery.id == failed


async def test_a_retry_is_written_down_beside_the_tries_before(database, endpoint):
    await emit(database, a_fact(a_product()))
    [failed] = await fail(database)
    async with database.begin() as work:
        await work.deliveries.retry(failed, NOON)
    await fail(database, answer="500 still no")
    async with database.read() as work:
        tries = await work.deliveries.attempts(failed)
    assert [attempt.answer for attempt in tries] == ["500 no", "500 still no"]
    assert [attempt.number for attempt in tries] == [1, 2]


async def test_a_delivery_that_waits_becomes_due_at_once(database, endpoint):
    await emit(database, a_fact(a_product(), at=NOON + timedelta(days=1)))
    [waiting] = await found(database)
    async with database.begin() as work:
        await work.deliveries.retry(waiting.id, NOON)
    [due] = await database.outbox.claim(limit=5, now=NOON, lease=LEASE)
    assert due.delivery.id == waiting.id


async def test_everything_that_failed_is_retried(database):
    await emit(database, crossing())
    await fail(database)
    await emit(database, crossing())
    async with database.begin() as work:
        assert await work.deliveries.retry_failed(None, NOON) == 2
        assert await work.deliveries.retry_failed(None, NOON) == 0
    assert len(await found(database, state=DeliveryState.PENDING)) == 4


async def test_what_failed_since_then_is_retried(database):
    old, young = crossing(), crossing(at=NOON + timedelta(hours=2))
    later = NOON + timedelta(hours=3)
    await emit(database, old, young)
    await fail(database, now=later)
    async with database.begin() as work:
        since = NOON + timedelta(hours=2)
        assert await work.deliveries.retry_failed(since, later) == 2
    again = await found(database, state=DeliveryState.PENDING)
    assert {each.event_id for each in again} == {young.stamp.id}


async def test_an_empty_outbox_has_a_quiet_status(database):
    async with database.read() as work:
        assert await work.deliveries.status(NOON) == OutboxStatus(
            pending=0, due=0, failed=0, oldest_due_at=None
        )


async def test_the_status_says_what_waits_and_since_when(database, endpoint):
    minute = timedelta(minutes=1)
    await emit(database, a_fact(a_product(), at=NOON + minute))
    await emit(database, a_fact(a_product(), at=NOON + 2 * minute))
    await emit(database, a_fact(a_product(), at=NOON + 9 * minute))
    async with database.read() as work:
        status = await work.deliveries.status(NOON + 5 * minute)
    assert status == OutboxStatus(pending=3, due=2, failed=0, oldest_due_at=NOON + minute)


async def test_the_status_says_who_took_nothing_and_why(database, endpoint):
    await emit(database, a_fact(a_product()))
    await fail(database, answer="500 first")
    later = NOON + timedelta(minutes=1)
    await emit(database, a_fact(a_product(), at=later), crossing(at=later))
    await fail(database, now=later, answer="500 second")
    async with database.read() as work:
        status = await work.deliveries.status(later)
    assert (status.pending, status.due, status.failed) == (0, 0, 4)
    assert status.oldest_due_at is None
    assert len(status.failures) == 3
    assert set(status.failures) == {
        FailedReceiver(receiver=endpoint.url, count=2, last_answer="500 second"),
        FailedReceiver(receiver="discord", count=1, last_answer="500 second"),
        FailedReceiver(receiver="mail-msp", count=1, last_answer="500 second"),
    }


async def test_the_event_of_a_delivery(database, endpoint):
    event = a_fact(a_product())
    await emit(database, event)
    [shown] = await found(database)
    async with database.read() as work:
        assert await work.deliveries.event(shown.id) == event
        with pytest.raises(NotFound):
            await work.deliveries.event(new_id())
