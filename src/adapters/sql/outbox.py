"""Claiming due deliveries and noting what came of them, in SQL."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Integer, Row, bindparam, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.sql.columns import MOMENT
from adapters.sql.connections import Connections
from adapters.sql.entities import Entity
from adapters.sql.facts import EVENT_COLUMNS, event_of
from adapters.sql.tables.events import deliveries, delivery_attempts, events, is_pending
from portal_core.delivery import Delivery, DeliveryState, Due, Receiver, Result
from portal_core.ids import DeliveryId

_DELIVERY = Entity(Delivery, deliveries)

_NOTE = (
    update(deliveries)
    .where(deliveries.c.id == bindparam("delivery_id"))
    .values(
        state=bindparam("state"),
        attempts=bindparam("number"),
        next_at=bindparam("next_at"),
        last_answer=bindparam("answer"),
        leased_until=None,
    )
)
_FREE = (
    select(deliveries.c.id)
    .where(
        is_pending,
        deliveries.c.next_at <= bindparam("now", type_=MOMENT),
        or_(
            deliveries.c.leased_until.is_(None),
            deliveries.c.leased_until <= bindparam("now", type_=MOMENT),
        ),
        or_(
            deliveries.c.target.is_(None),
            deliveries.c.target.not_in(bindparam("targets", expanding=True)),
        ),
        or_(
            deliveries.c.target.is_not(None),
            deliveries.c.subscriber.not_in(bindparam("subscribers", expanding=True)),
        ),
    )
    .order_by(deliveries.c.next_at, deliveries.c.id)
    .limit(bindparam("most", type_=Integer))
    .with_for_update(skip_locked=True)
    .cte("free")
)
# They are chosen in a WITH, which runs once. As a subquery, PostgreSQL may run it again and
# again, and lock more than the limit.
_LEASE = (
    update(deliveries)
    .where(deliveries.c.id.in_(select(_FREE.c.id)))
    .values(claimed_at=bindparam("now"), leased_until=bindparam("until"))
    .returning(*_DELIVERY.columns, deliveries.c.next_at)
)
_EVENTS = select(*EVENT_COLUMNS).where(events.c.id.in_(bindparam("ids", expanding=True)))
_STANDING = (
    select(deliveries.c.id, deliveries.c.attempts, deliveries.c.claimed_at)
    .where(deliveries.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(deliveries.c.id)
    .with_for_update()
)
_ADD_ATTEMPTS = insert(delivery_attempts)


class SqlOutbox:
    """Deliveries not yet made. A claim is a lease: what a dead worker held comes free."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def claim(
        self,
        *,
        limit: int,
        now: datetime,
        lease: timedelta,
        passing_over: Collection[Receiver] = (),
    ) -> Sequence[Due]:
        values = {
            "now": now,
            "until": now + lease,
            "most": limit,
            "targets": [target for _, target in passing_over if target],
            "subscribers": [name for name, target in passing_over if target is None],
        }
        async with self._connections.changing() as connection:
            rows = (await connection.execute(_LEASE, values)).all()
            if not rows:
                return []
            ids = {row.event_id for row in rows}
            found = await connection.execute(_EVENTS, {"ids": list(ids)})
            facts = {row.id: event_of(row) for row in found}
        rows = sorted(rows, key=lambda row: (row.next_at, row.id))
        return [Due(_DELIVERY.read(row), facts[row.event_id]) for row in rows]

    async def record(self, results: Sequence[Result]) -> None:
        if not results:
            return
        async with self._connections.changing() as connection:
            standing = await _standing(connection, results)
            counted = [
                result
                for result in results
                if _counts(result, standing.get(result.delivery_id))
            ]
            if counted:
                await connection.execute(_NOTE, [_note(result) for result in counted])
                await connection.execute(
                    _ADD_ATTEMPTS, [_attempt(result) for result in counted]
                )


async def _standing(
    connection: AsyncConnection, results: Sequence[Result]
) -> Mapping[DeliveryId, Row[Any]]:
    """Return where the deliveries stand, held until this is over."""
    ids = [result.delivery_id for result in results]
    rows = await connection.execute(_STANDING, {"ids": ids})
    return {row.id: row for row in rows}


def _counts(result: Result, standing: Row[Any] | None) -> bool:
    """Return whether the result is to be noted.

    One that comes so late that the same try of another was noted is not; nor is a failure
    of somebody whose lease ran out while another tries.
    """
    if standing is None or standing.attempts >= result.attempt:
        return False
    lost_lease = standing.claimed_at is not None and standing.claimed_at > result.at
    return result.state is DeliveryState.DONE or not lost_lease


def _note(result: Result) -> dict[str, Any]:
    pending = result.state is DeliveryState.PENDING
    return {
        "delivery_id": result.delivery_id,
        "state": result.state,
        "number": result.attempt,
        "next_at": result.next_at if pending else None,
        "answer": result.answer,
    }


def _attempt(result: Result) -> dict[str, Any]:
    return {
        "delivery_id": result.delivery_id,
        "number": result.attempt,
        "at": result.at,
        "milliseconds": result.duration // timedelta(milliseconds=1),
        "state": result.state,
        "answer": result.answer,
    }
