"""The contract of Outbox."""

import asyncio
from datetime import timedelta

import pytest
from msgspec.structs import replace

from portal_core.automation.model import PayloadFormat
from portal_core.automation.ports import DeliveryFilter
from portal_core.commerce.events import OrderPlaced, StockChanged
from portal_core.delivery import DeliveryState, Result
from portal_core.identity.events import SignInRefused
from portal_core.ids import new_id
from portal_core.paging import Window
from tests.examples import a_company, a_fact, a_product, an_endpoint, an_order
from tests.people import MSP, NOON, SYSTEM

LEASE = timedelta(seconds=60)


@pytest.fixture
async def harbour(database):
    company = a_company("Harbour")
    async with database.begin() as work:
        await work.companies.add(company)
    return company


async def emit(database, *events):
    async with database.begin() as work:
        for event in events:
            work.emit(event)


async def register(database, *endpoints):
    async with database.begin() as work:
        for endpoint in endpoints:
            await work.endpoints.add(endpoint)


async def claim(database, limit=100, *, now=NOON):
    return list(await database.outbox.claim(limit=limit, now=now, lease=LEASE))


async def state_of(database, delivery):
    async with database.read() as work:
        return await work.deliveries.get(delivery.id)


def crossing(product, *, at=NOON):
    """Return an event that two channels hear of, Discord and the MSP's mail."""
    return StockChanged(
        stamp=SYSTEM.stamp(at),
        product_id=product.id,
        sku=product.sku,
        name=product.name,
        before=1,
        after=0,
    )


def result(due, state=DeliveryState.DONE, *, at=NOON, pause=None, answer="200 ok"):
    ended = at + timedelta(milliseconds=250)
    return Result(
        delivery_id=due.delivery.id,
        attempt=due.delivery.attempts + 1,
        state=state,
        at=at,
        duration=ended - at,
        answer=answer,
        next_at=None if pause is None else ended + pause,
    )


def later(due, pause, *, at=NOON):
    return result(due, DeliveryState.PENDING, at=at, pause=pause, answer="503 busy")


async def test_nothing_is_due_where_nothing_happened(database):
    assert await claim(database) == []


async def test_an_event_goes_to_every_channel_of_its_row(database, harbour):
    order = an_order(harbour, a_product())
    event = OrderPlaced.of(order, MSP.stamp(NOON, harbour.id))
    await emit(database, event)
    dues = await claim(database)
    assert {due.delivery.subscriber for due in dues} == {
        "discord",
        "mail-buyer",
        "mail-msp",
    }
    assert [due.event for due in dues] == [event] * 3
    assert {due.delivery.event_id for due in dues} == {event.stamp.id}
    assert {due.delivery.attempts for due in dues} == {0}
    assert len({due.delivery.id for due in dues}) == 3


async def test_an_event_goes_to_each_endpoint_that_wants_it(database, harbour):
    mouse, elsewhere = a_product(), a_company("Orchard")
    async with database.begin() as work:
        await work.companies.add(elsewhere)
    hears = [
        an_endpoint("https://example.com/all"),
        an_endpoint("https://example.com/product", events=("user.*", "product.*")),
    ]
    deaf = [
        an_endpoint("https://example.com/orders", events=("order.*",)),
        an_endpoint("https://example.com/elsewhere", company_id=elsewhere.id),
        replace(an_endpoint("https://example.com/disabled"), disabled=True),
        an_endpoint(
            "https://example.com/legacy", format=PayloadFormat.LEGACY_ORDER, legacy_key="k"
        ),
    ]
    await register(database, *hears, *deaf)
    await emit(database, a_fact(mouse))
    dues = await claim(database)
    assert {due.delivery.target for due in dues} == {endpoint.id for endpoint in hears}
    assert {due.delivery.subscriber for due in dues} == {"webhooks"}


async def test_an_endpoint_hears_of_its_own_company_only(database, harbour):
    order = an_order(harbour, a_product())
    await register(database, an_endpoint(company_id=harbour.id))
    await emit(database, OrderPlaced.of(order, MSP.stamp(NOON, harbour.id)))
    assert "webhooks" in {due.delivery.subscriber for due in await claim(database)}
    await emit(database, a_fact(a_product()))
    assert await claim(database) == []


async def test_an_event_that_nobody_hears_of_is_not_delivered(database):
    await register(database, an_endpoint())
    unheard = SignInRefused(stamp=SYSTEM.stamp(NOON), user_id=None, network="192.0.2.0/24")
    await emit(database, unheard)
    assert await claim(database) == []


async def test_an_undone_work_delivers_nothing(database):
    with pytest.raises(ZeroDivisionError):
        async with database.begin() as work:
            work.emit(crossing(a_product()))
            raise ZeroDivisionError
    assert await claim(database) == []


async def test_the_oldest_is_taken_first(database):
    products = [a_product(f"P{n}") for n in range(3)]
    for minute in (2, 0, 1):
        at = NOON + timedelta(minutes=minute)
        await emit(database, crossing(products[minute], at=at))
    now = NOON + timedelta(minutes=5)
    order = []
    for _ in range(3):
        order += [due.event.sku for due in await claim(database, 2, now=now)]
    assert order == ["P0", "P0", "P1", "P1", "P2", "P2"]


async def test_what_is_claimed_is_kept_from_others_until_its_lease_ends(database):
    await emit(database, crossing(a_product()))
    first = await claim(database)
    assert len(first) == 2
    assert await claim(database) == []
    assert await claim(database, now=NOON + LEASE - timedelta(milliseconds=1)) == []
    again = await claim(database, now=NOON + LEASE)
    assert {due.delivery.id for due in again} == {due.delivery.id for due in first}


async def test_no_two_claimers_get_the_same_one(database):
    await emit(database, *(crossing(a_product(f"P{n}")) for n in range(10)))
    claims = await asyncio.gather(*(claim(database, 4) for _ in range(8)))
    taken = [due.delivery.id for dues in claims for due in dues]
    left = [due.delivery.id for due in await claim(database)]
    assert all(len(dues) <= 4 for dues in claims)
    assert len(set(taken + left)) == len(taken + left) == 20


async def test_no_more_are_taken_than_asked_for(database):
    await emit(database, *(crossing(a_product(f"P{n}")) for n in range(3)))
    assert [len(await claim(database, 4)) for _ in range(3)] == [4, 2, 0]


async def test_receivers_that_are_passed_over_get_theirs_later(database):
    endpoints = [an_endpoint(f"https://example.com/{n}") for n in range(2)]
    await register(database, *endpoints)
    await emit(database, crossing(a_product()))
    first, second = (("webhooks", endpoint.id) for endpoint in endpoints)

    async def claimed(*passing_over):
        dues = await database.outbox.claim(
            limit=1, now=NOON, lease=LEASE, passing_over=passing_over
        )
        return [due.delivery.receiver for due in dues]

    assert await claimed(first, ("discord", None), ("mail-msp", None)) == [second]
    assert await claimed(first, ("discord", None)) == [("mail-msp", None)]
    assert await claimed(first, ("discord", None)) == []
    assert await claimed(("discord", None)) == [first]
    assert await claimed(second) == [("discord", None)]


async def test_what_is_done_is_done(database):
    await emit(database, crossing(a_product()))
    dues = await claim(database)
    await database.outbox.record([result(due) for due in dues])
    assert await claim(database, now=NOON + timedelta(days=9)) == []
    for due in dues:
        shown = await state_of(database, due.delivery)
        assert (shown.state, shown.attempts, shown.next_at) == ("done", 1, None)
        assert shown.last_answer == "200 ok"


async def test_what_failed_is_not_tried_again(database):
    await emit(database, crossing(a_product()))
    dues = await claim(database)
    await database.outbox.record(
        [result(due, DeliveryState.FAILED, answer="410 gone") for due in dues]
    )
    assert await claim(database, now=NOON + timedelta(days=9)) == []
    shown = await state_of(database, dues[0].delivery)
    assert (shown.state, shown.last_answer) == ("failed", "410 gone")


async def test_what_is_put_off_comes_back_when_it_is_time(database):
    await emit(database, crossing(a_product()))
    [first, other] = await claim(database)
    put_off = later(first, timedelta(minutes=5))
    await database.outbox.record([put_off, result(other)])
    assert await claim(database, now=put_off.next_at - timedelta(milliseconds=1)) == []
    [again] = await claim(database, now=put_off.next_at)
    assert again.event == first.event
    assert again.delivery == replace(first.delivery, attempts=1)


async def test_a_short_pause_ends_the_lease(database):
    await emit(database, crossing(a_product()))
    [first, _] = await claim(database)
    put_off = later(first, timedelta(seconds=5))
    await database.outbox.record([put_off])
    [again] = await claim(database, now=put_off.next_at)
    assert again.delivery.id == first.delivery.id


async def test_every_try_is_written_down(database):
    await emit(database, crossing(a_product()))
    [first, _] = await claim(database)
    put_off = later(first, timedelta(seconds=5))
    await database.outbox.record([put_off])
    [again] = await claim(database, now=put_off.next_at)
    await database.outbox.record([result(again, at=put_off.next_at)])
    async with database.read() as work:
        tries = list(await work.deliveries.attempts(first.delivery.id))
    assert [(t.number, t.state, t.answer) for t in tries] == [
        (1, "pending", "503 busy"),
        (2, "done", "200 ok"),
    ]
    assert [t.at for t in tries] == [NOON, put_off.next_at]
    assert {t.milliseconds for t in tries} == {250}


async def claimed_twice(database):
    """Return a delivery as claimed by one who is slow, and again when the lease ended."""
    await register(database, an_endpoint())
    await emit(database, a_fact(a_product()))
    [slow] = await claim(database)
    [quick] = await claim(database, now=NOON + LEASE)
    assert slow == quick
    return slow, quick


async def test_who_is_late_does_not_undo_what_was_done_meanwhile(database):
    slow, quick = await claimed_twice(database)
    await database.outbox.record([result(quick, at=NOON + LEASE)])
    await database.outbox.record([later(slow, timedelta(seconds=5))])
    shown = await state_of(database, slow.delivery)
    assert (shown.state, shown.attempts) == ("done", 1)
    assert await claim(database, now=NOON + timedelta(days=1)) == []


async def test_who_fails_late_does_not_disturb_another_who_tries(database):
    slow, quick = await claimed_twice(database)
    await database.outbox.record([later(slow, timedelta(seconds=5))])
    assert await claim(database, now=NOON + LEASE + timedelta(seconds=10)) == []
    assert (await state_of(database, slow.delivery)).attempts == 0
    await database.outbox.record([result(quick, at=NOON + LEASE)])
    assert (await state_of(database, slow.delivery)).state is DeliveryState.DONE


async def test_who_succeeds_late_has_succeeded(database):
    slow, quick = await claimed_twice(database)
    await database.outbox.record([result(slow)])
    await database.outbox.record([later(quick, timedelta(seconds=5), at=NOON + LEASE)])
    shown = await state_of(database, slow.delivery)
    assert (shown.state, shown.attempts) == ("done", 1)


async def test_a_result_for_a_delivery_that_is_not_there_is_dropped(database):
    await emit(database, crossing(a_product()))
    [first, _] = await claim(database)
    await database.outbox.record([replace(result(first), delivery_id=new_id())])
    assert (await state_of(database, first.delivery)).state is DeliveryState.PENDING


async def test_recording_nothing_changes_nothing(database):
    await database.outbox.record([])
    async with database.read() as work:
        assert (await work.deliveries.page(DeliveryFilter(), Window())).items == ()
