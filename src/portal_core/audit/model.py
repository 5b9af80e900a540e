"""Events as people read them."""

from datetime import datetime
from typing import Any

from msgspec import Struct

from portal_core.events import ActorRef
from portal_core.ids import EventId


class Entry(Struct, frozen=True, kw_only=True):
    """A recorded event: its dotted type, who, when, and the published details."""

    id: EventId
    at: datetime
    type: str
    actor: ActorRef
    details: dict[str, Any]
