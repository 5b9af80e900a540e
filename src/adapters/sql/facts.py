"""Events as rows, and rows as events."""

from collections.abc import Sequence
from typing import Any, Union

import msgspec
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.sql.entities import values_of
from adapters.sql.tables.events import deliveries, endpoints, events
from portal_core.automation.model import Endpoint
from portal_core.delivery import Delivery, DeliveryState
from portal_core.events import Event, event_type
from portal_core.outbox import deliveries_of, wants_endpoints
from portal_core.subscriptions import SUBSCRIPTIONS

EVENT_COLUMNS = (
    events.c.id,
    events.c.at,
    events.c.type,
    events.c.company_id,
    events.c.actor_kind,
    events.c.actor_id,
    events.c.actor_name,
    events.c.request_id,
    events.c.data,
)

_ADD_EVENTS = insert(events)
_ADD_DELIVERIES = insert(deliveries)

_ANY_EVENT: Any = Union[tuple(SUBSCRIPTIONS)]  # noqa: UP007 - built at run time

# Who is told is decided without opening a secret.
_BLANKS = {"legacy_key": "", "secrets": ()}
_LISTENER_FIELDS = [f for f in Endpoint.__struct_fields__ if f not in _BLANKS]
_LISTENERS = select(*(endpoints.c[field] for field in _LISTENER_FIELDS)).where(
    endpoints.c.disabled.is_(False)
)


async def record_facts(
    connection: AsyncConnection, facts: Sequence[Event], *, tell: bool = True
) -> bool:
    """Write events with their deliveries; return whether there are any of these.

    Unless we `tell`, there are none.
    """
    if not facts:
        return False
    rows = [_row(event, place) for place, event in enumerate(facts)]
    await connection.execute(_ADD_EVENTS, rows)
    if not tell:
        return False
    listeners = await _listeners(connection) if wants_endpoints(facts) else ()
    set_going = [
        _delivery_row(delivery, event)
        for event in facts
        for delivery in deliveries_of(event, listeners)
    ]
    if set_going:
        await connection.execute(_ADD_DELIVERIES, set_going)
    return bool(set_going)


def event_of(row: Sequence[Any]) -> Event:
    """Return the event of a row that begins with the columns of events."""
    id_, at, type_, company_id, kind, actor_id, actor_name, request_id, data, *_ = row
    stamp = {
        "id": id_,
        "at": at,
        "actor": {"kind": kind, "id": actor_id, "name": actor_name},
        "company_id": company_id,
        "request_id": request_id,
    }
    event: Event = msgspec.convert({**data, "type": type_, "stamp": stamp}, _ANY_EVENT)
    return event


async def _listeners(connection: AsyncConnection) -> list[Endpoint]:
    rows = await connection.execute(_LISTENERS)
    return [
        msgspec.convert(dict(zip(_LISTENER_FIELDS, row, strict=True)) | _BLANKS, Endpoint)
        for row in rows
    ]


def _row(event: Event, place: int) -> dict[str, Any]:
    stamp, published = event.stamp, msgspec.to_builtins(event)
    return {
        "id": stamp.id,
        "at": stamp.at,
        "place": place,
        "type": event_type(event),
        "company_id": stamp.company_id,
        "actor_kind": stamp.actor.kind,
        "actor_id": stamp.actor.id,
        "actor_name": stamp.actor.name,
        "subject_id": event.subject_id,
        "request_id": stamp.request_id,
        "data": {k: v for k, v in published.items() if k not in {"type", "stamp"}},
    }


def _delivery_row(delivery: Delivery, event: Event) -> dict[str, Any]:
    return {
        **values_of(delivery),
        "event_type": event_type(event),
        "state": DeliveryState.PENDING,
        "created_at": event.stamp.at,
        "next_at": event.stamp.at,
        "last_answer": "",
    }
