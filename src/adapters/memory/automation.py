"""Endpoints, and deliveries as an administrator sees them, in dictionaries."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

from msgspec.structs import replace

from adapters.memory.deliveries import DeliveryRow
from adapters.memory.paging import by_time, page_of
from adapters.memory.tables import Tables
from portal_core.automation.model import Endpoint
from portal_core.automation.ports import DeliveryFilter
from portal_core.automation.views import (
    Attempt,
    DeliverySummary,
    FailedReceiver,
    OutboxStatus,
)
from portal_core.delivery import DeliveryState
from portal_core.errors import Conflict, NotFound
from portal_core.events import Event
from portal_core.ids import DeliveryId, EndpointId
from portal_core.paging import Page, Window


class MemoryEndpoints:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def list(self) -> Sequence[Endpoint]:
        endpoints = self._tables.endpoints.values()
        return sorted(endpoints, key=lambda each: by_time(each.created_at, each.id))

    async def get(self, endpoint_id: EndpointId) -> Endpoint:
        if endpoint_id not in self._tables.endpoints:
            raise NotFound("There is no such endpoint.")
        return self._tables.endpoints[endpoint_id]

    async def add(self, endpoint: Endpoint) -> None:
        self._tables.endpoints[endpoint.id] = endpoint

    async def save(self, endpoint: Endpoint) -> None:
        before = self._tables.endpoints.get(endpoint.id)
        if before is None or endpoint.version != before.version + 1:
            raise Conflict(
                "Somebody changed this endpoint meanwhile. Look at it again.", code="stale"
            )
        self._tables.endpoints[endpoint.id] = endpoint

    async def remove(self, endpoint_id: EndpointId) -> None:
        self._tables.endpoints.pop(endpoint_id, None)
        for row in list(self._tables.deliveries.values()):
            if row.target == endpoint_id and row.state is DeliveryState.PENDING:
                self._tables.deliveries[row.id] = replace(
                    row,
                    state=DeliveryState.FAILED,
                    next_at=None,
                    leased_until=None,
                    last_answer="The endpoint was removed.",
                )


class MemoryDeliveries:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def page(self, wanted: DeliveryFilter, window: Window) -> Page[DeliverySummary]:
        rows = self._tables.deliveries.values()
        return page_of(
            [self._summary(row) for row in rows if _fits(row, wanted)],
            lambda each: by_time(each.created_at, each.id),
            window,
            descending=True,
            count=wanted.count,
        )

    async def get(self, delivery_id: DeliveryId) -> DeliverySummary:
        return self._summary(self._row(delivery_id))

    async def attempts(self, delivery_id: DeliveryId) -> Sequence[Attempt]:
        tries = sorted(self._tables.tries.items())
        return [attempt for (delivery, _), attempt in tries if delivery == delivery_id]

    async def event(self, delivery_id: DeliveryId) -> Event:
        return self._tables.events[self._row(delivery_id).event_id]

    async def retry(self, delivery_id: DeliveryId, at: datetime) -> None:
        self._make_due(self._row(delivery_id), at)

    async def retry_failed(self, since: datetime | None, at: datetime) -> int:
        failed = [
            row
            for row in self._tables.deliveries.values()
            if row.state is DeliveryState.FAILED
            and (since is None or row.created_at >= since)
        ]
        for row in failed:
            self._make_due(row, at)
        return len(failed)

    async def status(self, now: datetime) -> OutboxStatus:
        rows = self._tables.deliveries.values()
        waiting = [row.next_at for row in rows if row.next_at and row.due(now)]
        failed = [row for row in rows if row.state is DeliveryState.FAILED]
        return OutboxStatus(
            pending=sum(row.state is DeliveryState.PENDING for row in rows),
            due=len(waiting),
            failed=len(failed),
            oldest_due_at=min(waiting, default=None),
            failures=self._failures(failed),
        )

    def _row(self, delivery_id: DeliveryId) -> DeliveryRow:
        if delivery_id not in self._tables.deliveries:
            raise NotFound("There is no such delivery.")
        return self._tables.deliveries[delivery_id]

    def _make_due(self, row: DeliveryRow, at: datetime) -> None:
        due = replace(row, state=DeliveryState.PENDING, next_at=at)
        self._tables.deliveries[row.id] = due

    def _failures(self, failed: Sequence[DeliveryRow]) -> tuple[FailedReceiver, ...]:
        found = []
        for receiver, rows in groupby(sorted(failed, key=self._receiver), self._receiver):
            newest_last = sorted(rows, key=lambda row: by_time(row.created_at, row.id))
            found.append(
                FailedReceiver(
                    receiver=receiver,
                    count=len(newest_last),
                    last_answer=newest_last[-1].last_answer,
                )
            )
        return tuple(found)

    def _receiver(self, row: DeliveryRow) -> str:
        if row.target is None:
            return row.subscriber
        endpoint = self._tables.endpoints.get(EndpointId(row.target))
        return endpoint.url if endpoint else "a removed endpoint"

    def _summary(self, row: DeliveryRow) -> DeliverySummary:
        return DeliverySummary(
            id=row.id,
            event_id=row.event_id,
            event_type=row.event_type,
            subscriber=row.subscriber,
            endpoint_id=EndpointId(row.target) if row.target else None,
            receiver=self._receiver(row),
            state=row.state,
            attempts=row.attempts,
            created_at=row.created_at,
            next_at=row.next_at,
            last_answer=row.last_answer,
        )


def _fits(row: DeliveryRow, wanted: DeliveryFilter) -> bool:
    return (
        wanted.state in {None, row.state}
        and wanted.subscriber in {"", row.subscriber}
        and wanted.endpoint_id in {None, row.target}
        and wanted.event_type in {"", row.event_type}
        and (not wanted.event_ids or row.event_id in wanted.event_ids)
    )
