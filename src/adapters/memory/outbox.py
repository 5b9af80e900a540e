"""Events and their deliveries, in dictionaries."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from adapters.memory.deliveries import DeliveryRow
from adapters.memory.tables import Tables
from portal_core.automation.views import Attempt
from portal_core.delivery import DeliveryState, Due, Receiver, Result
from portal_core.events import Event, event_type
from portal_core.outbox import deliveries_of, wants_endpoints


class MemoryOutbox:
    def __init__(self, tables: Callable[[], Tables]) -> None:
        self._tables = tables

    async def claim(
        self,
        *,
        limit: int,
        now: datetime,
        lease: timedelta,
        passing_over: Collection[Receiver] = (),
    ) -> Sequence[Due]:
        tables = self._tables()
        free = [
            row
            for row in tables.deliveries.values()
            if row.due(now)
            and not row.leased(now)
            and row.delivery.receiver not in passing_over
        ]
        taken = sorted(free, key=lambda row: (row.next_at, row.id))[:limit]
        for row in taken:
            tables.deliveries[row.id] = replace(
                row, claimed_at=now, leased_until=now + lease
            )
        return [Due(row.delivery, tables.events[row.event_id]) for row in taken]

    async def record(self, results: Sequence[Result]) -> None:
        tables = self._tables()
        for result in results:
            row = tables.deliveries.get(result.delivery_id)
            if row is not None and _counts(result, row):
                _note(tables, row, result)


def record_facts(tables: Tables, events: Sequence[Event]) -> bool:
    """Write events with their deliveries; return whether there are any of these."""
    endpoints = tuple(tables.endpoints.values()) if wants_endpoints(events) else ()
    before = len(tables.deliveries)
    for event in events:
        tables.events[event.stamp.id] = event
        for delivery in deliveries_of(event, endpoints):
            tables.deliveries[delivery.id] = DeliveryRow(
                id=delivery.id,
                event_id=delivery.event_id,
                event_type=event_type(event),
                subscriber=delivery.subscriber,
                target=delivery.target,
                created_at=event.stamp.at,
                next_at=event.stamp.at,
            )
    return len(tables.deliveries) > before


def _counts(result: Result, row: DeliveryRow) -> bool:
    """Return whether the result is to be noted.

    One that comes so late that the same try of another was noted is not; nor is a failure
    of somebody whose lease ran out while another tries.
    """
    if row.attempts >= result.attempt:
        return False
    lost_lease = row.claimed_at is not None and row.claimed_at > result.at
    return result.state is DeliveryState.DONE or not lost_lease


def _note(tables: Tables, row: DeliveryRow, result: Result) -> None:
    tables.deliveries[row.id] = replace(
        row,
        state=result.state,
        attempts=result.attempt,
        next_at=result.next_at if result.state is DeliveryState.PENDING else None,
        leased_until=None,
        last_answer=result.answer,
    )
    tables.tries[row.id, result.attempt] = Attempt(
        number=result.attempt,
        at=result.at,
        milliseconds=result.duration // timedelta(milliseconds=1),
        state=result.state,
        answer=result.answer,
    )
