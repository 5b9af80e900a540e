"""Reading the record of events from a dictionary."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from adapters.memory.tables import Tables
from portal_core.audit.model import Entry
from portal_core.events import Event, event_type


class MemoryTrail:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def of_subject(self, subject_id: UUID) -> Sequence[Entry]:
        events = self._tables.events.values()
        found = [event for event in events if event.subject_id == subject_id]
        return [_entry(event) for event in sorted(found, key=lambda each: each.stamp.at)]


def _entry(event: Event) -> Entry:
    published = msgspec.json.decode(msgspec.json.encode(event), type=dict)
    details = {k: v for k, v in published.items() if k not in {"type", "stamp"}}
    return Entry(
        id=event.stamp.id,
        at=event.stamp.at,
        type=event_type(event),
        actor=event.stamp.actor,
        details=details,
    )
