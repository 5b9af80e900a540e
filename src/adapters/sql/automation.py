"""Endpoints, and deliveries as an administrator sees them, in SQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    and_,
    case,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.sql.entities import Entity, values_of
from adapters.sql.facts import EVENT_COLUMNS, event_of
from adapters.sql.keyset import Order, page_of
from adapters.sql.secrets import Secrets
from adapters.sql.tables.events import (
    deliveries,
    delivery_attempts,
    endpoints,
    events,
    is_failed,
    is_pending,
)
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

_ENDPOINT_FIELDS = Endpoint.__struct_fields__
_ENDPOINTS = select(*(endpoints.c[field] for field in _ENDPOINT_FIELDS))

_RECEIVER: ColumnElement[str] = case(
    (deliveries.c.target.is_(None), deliveries.c.subscriber),
    else_=func.coalesce(endpoints.c.url, "a removed endpoint"),
)
_SUMMARY = Entity(
    DeliverySummary, deliveries, endpoint_id=deliveries.c.target, receiver=_RECEIVER
)
_TO_ENDPOINTS = deliveries.outerjoin(endpoints, endpoints.c.id == deliveries.c.target)
_SUMMARIES = select(*_SUMMARY.columns).select_from(_TO_ENDPOINTS)
_ATTEMPT = Entity(Attempt, delivery_attempts)
_NEWEST = Order.newest(deliveries.c.created_at, deliveries.c.id)
_IS: Mapping[DeliveryState, ColumnElement[bool]] = {
    DeliveryState.PENDING: is_pending,
    DeliveryState.FAILED: is_failed,
    DeliveryState.DONE: deliveries.c.state == DeliveryState.DONE,
}


class SqlEndpoints:
    def __init__(self, connection: AsyncConnection, secrets: Secrets) -> None:
        self._connection = connection
        self._secrets = secrets

    async def list(self) -> Sequence[Endpoint]:
        query = _ENDPOINTS.order_by(endpoints.c.created_at, endpoints.c.id)
        return [self._read(row) for row in await self._connection.execute(query)]

    async def get(self, endpoint_id: EndpointId) -> Endpoint:
        query = _ENDPOINTS.where(endpoints.c.id == endpoint_id)
        row = (await self._connection.execute(query)).first()
        if row is None:
            raise NotFound("There is no such endpoint.")
        return self._read(row)

    async def add(self, endpoint: Endpoint) -> None:
        await self._connection.execute(insert(endpoints), self._row(endpoint))

    async def save(self, endpoint: Endpoint) -> None:
        this, before = endpoints.c.id == endpoint.id, endpoint.version - 1
        statement = update(endpoints).where(this, endpoints.c.version == before)
        changed = await self._connection.execute(statement.values(self._row(endpoint)))
        if changed.rowcount == 0:
            raise Conflict(
                "Somebody changed this endpoint meanwhile. Look at it again.", code="stale"
            )

    async def remove(self, endpoint_id: EndpointId) -> None:
        waiting = and_(deliveries.c.target == endpoint_id, is_pending)
        await self._connection.execute(
            update(deliveries)
            .where(waiting)
            .values(
                state=DeliveryState.FAILED,
                next_at=None,
                leased_until=None,
                last_answer="The endpoint was removed.",
            )
        )
        this = endpoints.c.id == endpoint_id
        await self._connection.execute(delete(endpoints).where(this))

    def _row(self, endpoint: Endpoint) -> dict[str, Any]:
        secrets = msgspec.json.encode(endpoint.secrets).decode()
        return {
            **values_of(endpoint),
            "legacy_key": self._secrets.seal(endpoint.legacy_key),
            "secrets": self._secrets.seal(secrets),
        }

    def _read(self, row: Sequence[Any]) -> Endpoint:
        values = dict(zip(_ENDPOINT_FIELDS, row, strict=True))
        values["legacy_key"] = self._secrets.open(values["legacy_key"])
        values["secrets"] = msgspec.json.decode(self._secrets.open(values["secrets"]))
        return msgspec.convert(values, Endpoint)


class SqlDeliveries:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def page(self, wanted: DeliveryFilter, window: Window) -> Page[DeliverySummary]:
        query = _SUMMARIES.where(*_conditions(wanted))
        return await page_of(
            self._connection, query, _NEWEST, window, _SUMMARY.read, count=wanted.count
        )

    async def get(self, delivery_id: DeliveryId) -> DeliverySummary:
        query = _SUMMARIES.where(deliveries.c.id == delivery_id)
        found = _SUMMARY.find((await self._connection.execute(query)).first())
        if found is None:
            raise _not_found()
        return found

    async def attempts(self, delivery_id: DeliveryId) -> Sequence[Attempt]:
        query = (
            select(*_ATTEMPT.columns)
            .where(delivery_attempts.c.delivery_id == delivery_id)
            .order_by(delivery_attempts.c.number)
        )
        return [_ATTEMPT.read(row) for row in await self._connection.execute(query)]

    async def event(self, delivery_id: DeliveryId) -> Event:
        query = (
            select(*EVENT_COLUMNS)
            .join_from(deliveries, events)
            .where(deliveries.c.id == delivery_id)
        )
        row = (await self._connection.execute(query)).first()
        if row is None:
            raise _not_found()
        return event_of(row)

    async def retry(self, delivery_id: DeliveryId, at: datetime) -> None:
        if not await self._make_due(deliveries.c.id == delivery_id, at):
            raise _not_found()

    async def retry_failed(self, since: datetime | None, at: datetime) -> int:
        if since is None:
            return await self._make_due(is_failed, at)
        return await self._make_due(and_(is_failed, deliveries.c.created_at >= since), at)

    async def status(self, now: datetime) -> OutboxStatus:
        due = and_(is_pending, deliveries.c.next_at <= now)
        query = select(
            _count(is_pending),
            _count(due),
            _count(is_failed),
            select(func.min(deliveries.c.next_at)).where(due).scalar_subquery(),
        )
        pending, due_now, failed, oldest = (await self._connection.execute(query)).one()
        return OutboxStatus(
            pending=pending,
            due=due_now,
            failed=failed,
            oldest_due_at=oldest,
            failures=await self._failures() if failed else (),
        )

    async def _make_due(self, wanted: ColumnElement[bool], at: datetime) -> int:
        statement = update(deliveries).where(wanted)
        due = statement.values(state=DeliveryState.PENDING, next_at=at)
        return (await self._connection.execute(due)).rowcount

    async def _failures(self) -> tuple[FailedReceiver, ...]:
        """Return each receiver with its failures and the answer to the newest."""
        newest = deliveries.c.created_at.desc(), deliveries.c.id.desc()
        ranked = (
            select(
                _RECEIVER.label("receiver"),
                func.count().over(partition_by=_RECEIVER).label("failures"),
                deliveries.c.last_answer,
                func.row_number()
                .over(partition_by=_RECEIVER, order_by=newest)
                .label("rank"),
            )
            .select_from(_TO_ENDPOINTS)
            .where(is_failed)
            .subquery()
        )
        query = select(ranked.c.receiver, ranked.c.failures, ranked.c.last_answer)
        first = query.where(ranked.c.rank == 1).order_by(ranked.c.receiver)
        rows = await self._connection.execute(first)
        return tuple(
            FailedReceiver(receiver=receiver, count=count, last_answer=answer)
            for receiver, count, answer in rows
        )


def _conditions(wanted: DeliveryFilter) -> list[ColumnElement[bool]]:
    asked = {
        deliveries.c.subscriber: wanted.subscriber,
        deliveries.c.target: wanted.endpoint_id,
        deliveries.c.event_type: wanted.event_type,
    }
    conditions = [column == value for column, value in asked.items() if value]
    if wanted.state:
        conditions.append(_IS[wanted.state])
    if wanted.event_ids:
        conditions.append(deliveries.c.event_id.in_(wanted.event_ids))
    return conditions


def _count(condition: ColumnElement[bool]) -> ScalarSelect[int]:
    return select(func.count()).select_from(deliveries).where(condition).scalar_subquery()


def _not_found() -> NotFound:
    return NotFound("There is no such delivery.")
