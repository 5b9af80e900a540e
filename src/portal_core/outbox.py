"""Bringing events to their subscribers, at least once."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from portal_core.automation.events import EndpointTested
from portal_core.automation.model import Endpoint
from portal_core.clock import Clock
from portal_core.delivery import (
    Delivery,
    DeliveryState,
    Due,
    GiveUp,
    Receiver,
    Result,
    TryLater,
)
from portal_core.errors import NotFound, PortalError
from portal_core.events import Event, event_type
from portal_core.ids import DeliveryId, new_id
from portal_core.subscriptions import SUBSCRIPTIONS, Subscriber

LEASE = timedelta(seconds=30)
"""How long a claimed delivery is left alone: longer than any try may take, and short
enough that what a dead worker held is soon tried again."""

PLAN = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
"""The pauses between tries that Standard Webhooks 1.0.0 proposes, about 75 hours in all."""

JITTER = 0.2
"""Each pause is longer or shorter by up to this share, so that retries do not march."""

LONGEST_WAIT = timedelta(hours=24)
"""The most that a receiver may ask us to wait."""

Handler = Callable[[Due], Awaitable[str]]
"""Brings a delivery to its receiver and returns the answer. Raises TryLater or GiveUp."""


class Outbox(Protocol):
    """Deliveries not yet made."""

    async def claim(
        self,
        *,
        limit: int,
        now: datetime,
        lease: timedelta,
        passing_over: Collection[Receiver] = (),
    ) -> Sequence[Due]:
        """Take up to so many due deliveries, oldest first, and keep others off them.

        No two claimers get the same one, until its lease ends. Those to the receivers that
        are passed over are left for later.
        """

    async def record(self, results: Sequence[Result]) -> None:
        """Note what came of tries, and release the deliveries."""


class Dispatcher:
    """Calls the handler that each subscriber names, and decides what follows."""

    def __init__(
        self,
        *,
        handlers: Mapping[Subscriber, Handler],
        clock: Clock,
        chance: Callable[[], float],
        report: Callable[[Exception], None] = lambda _: None,
    ) -> None:
        """Take the handlers, a chance from 0 to 1, and whom to tell of faults of ours."""
        self._handlers = handlers
        self._clock = clock
        self._chance = chance
        self._report = report

    async def attempt(self, due: Due) -> Result:
        """Try a delivery once, and return what came of it. Never raises for a receiver."""
        began = self._clock()
        attempt = due.delivery.attempts + 1
        wait: timedelta | None = None
        state = DeliveryState.FAILED
        try:
            answer = await self._handlers[Subscriber(due.delivery.subscriber)](due)
            state = DeliveryState.DONE
        except GiveUp as refusal:
            answer = str(refusal)
        except NotFound as loss:  # event and subject are stored together: it was removed
            answer = loss.message
        except TryLater as refusal:
            wait, answer = self._pause(attempt, refusal.after), str(refusal)
        except PortalError as failure:
            wait, answer = self._pause(attempt, None), failure.message
        except Exception as failure:  # noqa: BLE001 - a fault of ours is tried again, too
            self._report(failure)
            wait, answer = self._pause(attempt, None), f"Fault: {type(failure).__name__}"
        ended = self._clock()
        return Result(
            delivery_id=due.delivery.id,
            attempt=attempt,
            state=state if wait is None else DeliveryState.PENDING,
            at=began,
            duration=ended - began,
            answer=answer,
            next_at=None if wait is None else ended + wait,
        )

    def _pause(self, attempt: int, asked: timedelta | None) -> timedelta | None:
        """Return how long to wait after this try; None after the last one of the plan."""
        if attempt > len(PLAN):
            return None
        pause = PLAN[attempt - 1]
        if asked is not None:
            pause = max(pause, min(asked, LONGEST_WAIT))
        return pause * (1 + JITTER * (2 * self._chance() - 1))


def deliveries_of(event: Event, endpoints: Sequence[Endpoint]) -> tuple[Delivery, ...]:
    """Return the deliveries that an event sets going: one for each receiver."""
    found: list[Delivery] = []
    for subscriber in SUBSCRIPTIONS[type(event)]:
        if subscriber is not Subscriber.WEBHOOKS:
            found.append(_delivery(event, subscriber, None))
            continue
        found += [
            _delivery(event, subscriber, endpoint)
            for endpoint in endpoints
            if _hears(endpoint, event)
        ]
    return tuple(found)


def wants_endpoints(events: Sequence[Event]) -> bool:
    """Return whether any of the events may go to endpoints at all."""
    return any(Subscriber.WEBHOOKS in SUBSCRIPTIONS[type(event)] for event in events)


def _hears(endpoint: Endpoint, event: Event) -> bool:
    """Return whether the endpoint gets the event; a test goes to the tested one alone."""
    if isinstance(event, EndpointTested):
        return endpoint.id == event.endpoint_id
    return endpoint.wants(event_type(event), event.stamp.company_id)


def _delivery(event: Event, subscriber: Subscriber, endpoint: Endpoint | None) -> Delivery:
    return Delivery(
        id=DeliveryId(new_id()),
        event_id=event.stamp.id,
        subscriber=subscriber,
        target=endpoint.id if endpoint else None,
    )
