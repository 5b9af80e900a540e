"""Facts: what happened, who did it, and when.

An event is recorded once, inside the change that it describes. The record is the audit
trail; the outbox brings it to whoever subscribed.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from portal_core.ids import CompanyId, EventId


class ActorKind(StrEnum):
    """What sort of actor did something."""

    USER = "user"
    KEY = "key"
    SYSTEM = "system"


class ActorRef(Struct, frozen=True):
    """Who did it, as they were called at the time. `id` is None for the system itself."""

    kind: ActorKind
    id: UUID | None
    name: str


class Stamp(Struct, frozen=True, kw_only=True):
    """When and by whom a fact was made, and which company it concerns."""

    id: EventId
    at: datetime
    actor: ActorRef
    company_id: CompanyId | None = None
    request_id: str | None = None


class Event(Struct, frozen=True, kw_only=True, tag_field="type"):
    """Something that happened. Its tag is stored and published: add fields, change none."""

    stamp: Stamp

    @property
    def subject_id(self) -> UUID | None:
        """The one thing that the fact is about, by which its history is found."""
        return None


def event_type(event: "Event | type[Event]") -> str:
    """Return the dotted name under which the fact is stored and published."""
    return str(event.__struct_config__.tag)
