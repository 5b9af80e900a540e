"""Reading the record of events in SQL."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.sql.tables.events import events
from portal_core.audit.model import Entry
from portal_core.events import ActorKind, ActorRef

_OF_SUBJECT = (
    select(
        events.c.id,
        events.c.at,
        events.c.type,
        events.c.actor_kind,
        events.c.actor_id,
        events.c.actor_name,
        events.c.data,
    )
    .where(events.c.subject_id == bindparam("subject_id"))
    .order_by(events.c.at, events.c.place, events.c.id)
)


class SqlTrail:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def of_subject(self, subject_id: UUID) -> Sequence[Entry]:
        rows = await self._connection.execute(_OF_SUBJECT, {"subject_id": subject_id})
        return [_entry(row) for row in rows]


def _entry(row: Sequence[Any]) -> Entry:
    id_, at, type_, kind, actor_id, actor_name, data = row
    actor = ActorRef(ActorKind(kind), actor_id, actor_name)
    return Entry(id=id_, at=at, type=type_, actor=actor, details=data)
