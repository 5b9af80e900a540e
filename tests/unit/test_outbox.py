from datetime import timedelta

import pytest

from portal_core.commerce.events import StockChanged
from portal_core.delivery import Delivery, DeliveryState, Due, GiveUp, TryLater
from portal_core.errors import NotFound, Unavailable
from portal_core.identity.events import SignInRefused
from portal_core.ids import DeliveryId, new_id
from portal_core.outbox import (
    LONGEST_WAIT,
    PLAN,
    Dispatcher,
    deliveries_of,
    wants_endpoints,
)
from portal_core.subscriptions import SUBSCRIPTIONS, Subscriber
from tests.examples import a_fact, a_product, an_endpoint
from tests.people import HARBOUR, NOON, SYSTEM

CROSSING = StockChanged(
    stamp=SYSTEM.stamp(NOON),
    product_id=new_id(),
    sku="MOUSE-1",
    name="Mouse",
    before=1,
    after=0,
)


def a_due(attempts=0):
    """Return a claimed delivery to Discord that was tried so often before."""
    delivery = Delivery(
        id=DeliveryId(new_id()),
        event_id=CROSSING.stamp.id,
        subscriber=Subscriber.DISCORD,
        attempts=attempts,
    )
    return Due(delivery, CROSSING)


@pytest.fixture
def reported():
    """The faults that somebody was told of."""
    return []


@pytest.fixture
def dispatch(clock, reported):
    """Try a delivery whose receiver answers, or raises, what is given."""

    async def dispatch(answer, due=None, *, chance=0.5, takes=timedelta(milliseconds=250)):
        async def handler(_):
            clock.advance(takes)
            if isinstance(answer, Exception):
                raise answer
            return answer

        dispatcher = Dispatcher(
            handlers={Subscriber.DISCORD: handler},
            clock=clock,
            chance=lambda: chance,
            report=reported.append,
        )
        return await dispatcher.attempt(due or a_due())

    return dispatch


async def test_what_was_taken_is_done(dispatch):
    due = a_due(attempts=2)
    result = await dispatch("204 no content", due)
    assert result.state is DeliveryState.DONE
    assert (result.delivery_id, result.attempt) == (due.delivery.id, 3)
    assert (result.answer, result.next_at) == ("204 no content", None)


async def test_a_try_says_when_it_began_and_how_long_it_took(dispatch):
    result = await dispatch("ok", takes=timedelta(seconds=3))
    assert (result.at, result.duration) == (NOON, timedelta(seconds=3))


@pytest.mark.parametrize("failure", [TryLater("503 busy"), Unavailable("503 busy")])
async def test_what_was_not_taken_is_tried_again(dispatch, failure):
    result = await dispatch(failure, takes=timedelta(seconds=1))
    assert (result.state, result.answer) == (DeliveryState.PENDING, "503 busy")
    assert result.next_at == NOON + timedelta(seconds=1) + PLAN[0]


@pytest.mark.parametrize("attempts", range(len(PLAN)))
async def test_the_pauses_follow_the_plan(dispatch, attempts):
    nothing = timedelta()
    result = await dispatch(TryLater("503"), a_due(attempts), takes=nothing)
    assert result.next_at == NOON + PLAN[attempts]


def test_the_plan_is_that_of_standard_webhooks():
    assert sum(PLAN, timedelta()) > timedelta(hours=70)
    assert list(PLAN) == sorted(PLAN)


@pytest.mark.parametrize(("chance", "share"), [(0.0, 0.8), (0.5, 1.0), (1.0, 1.2)])
async def test_pauses_differ_so_that_retries_do_not_march(dispatch, chance, share):
    due = a_due(attempts=1)
    result = await dispatch(TryLater("503"), due, chance=chance, takes=timedelta())
    assert result.next_at == NOON + PLAN[1] * share


async def test_after_the_last_try_it_is_given_up(dispatch):
    result = await dispatch(TryLater("503 busy"), a_due(attempts=len(PLAN)))
    assert (result.state, result.next_at) == (DeliveryState.FAILED, None)
    assert result.answer == "503 busy"


async def test_what_will_never_be_taken_is_given_up_at_once(dispatch):
    result = await dispatch(GiveUp("410 gone"))
    assert (result.state, result.answer) == (DeliveryState.FAILED, "410 gone")
    assert result.next_at is None


@pytest.mark.parametrize(
    ("asked", "pause"),
    [
        (timedelta(seconds=1), PLAN[0]),
        (timedelta(minutes=20), timedelta(minutes=20)),
        (timedelta(days=30), LONGEST_WAIT),
    ],
)
async def test_a_receiver_may_ask_for_a_longer_pause(dispatch, asked, pause):
    result = await dispatch(TryLater("429", after=asked), takes=timedelta())
    assert result.next_at == NOON + pause


async def test_a_fault_of_ours_is_reported_and_tried_again(dispatch, reported):
    fault = ZeroDivisionError("a secret")
    result = await dispatch(fault)
    assert (result.state, result.answer) == (
        DeliveryState.PENDING,
        "Fault: ZeroDivisionError",
    )
    assert reported == [fault]


async def test_what_was_removed_meanwhile_is_given_up(dispatch, reported):
    result = await dispatch(NotFound("There is no such order."))
    assert (result.state, result.answer) == (
        DeliveryState.FAILED,
        "There is no such order.",
    )
    assert reported == []


def test_each_channel_of_an_event_gets_a_delivery():
    found = deliveries_of(CROSSING, [])
    assert [each.subscriber for each in found] == [
        Subscriber.DISCORD,
        Subscriber.MAIL_MSP,
    ]
    assert {each.event_id for each in found} == {CROSSING.stamp.id}
    assert len({each.id for each in found}) == 2
    assert {each.target for each in found} == {None}


def test_each_endpoint_that_wants_it_gets_a_delivery():
    hears, deaf = an_endpoint(events=("product.*",)), an_endpoint(events=("order.*",))
    elsewhere = an_endpoint(company_id=HARBOUR)
    found = deliveries_of(a_fact(a_product()), [deaf, hears, elsewhere])
    assert [(each.subscriber, each.target) for each in found] == [
        (Subscriber.WEBHOOKS, hears.id)
    ]


def test_endpoints_are_looked_up_only_where_one_may_listen():
    silent = SignInRefused(stamp=SYSTEM.stamp(NOON), user_id=None, network="")
    assert wants_endpoints([silent, CROSSING])
    assert not wants_endpoints([silent])
    assert not wants_endpoints([])


def test_every_subscriber_hears_of_something():
    heard = {subscriber for row in SUBSCRIPTIONS.values() for subscriber in row}
    assert heard == set(Subscriber)
