"""One event on its way to one receiver.

A delivery is written in the transaction of the change, claimed with a lease, tried, and
either done, tried again later, or given up, which an administrator sees and can undo. Its
id stays the same on every try, so that the receiver can tell a repeat.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from portal_core.events import Event
from portal_core.ids import DeliveryId, EventId

Receiver = tuple[str, UUID | None]
"""Where a delivery goes: a subscriber and, where it has several, which of its targets."""


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"


class Delivery(Struct, frozen=True, kw_only=True):
    """One event on its way to one receiver.

    `target` names the receiver among those of the subscriber: the id of an endpoint, or
    None where a subscriber has only one. `attempts` counts the tries before this one.
    """

    id: DeliveryId
    event_id: EventId
    subscriber: str
    target: UUID | None = None
    attempts: int = 0

    @property
    def receiver(self) -> Receiver:
        """Where it goes."""
        return self.subscriber, self.target


class Due(Struct, frozen=True):
    """A claimed delivery with its event."""

    delivery: Delivery
    event: Event


class Result(Struct, frozen=True, kw_only=True):
    """What came of one try. `next_at` is when to try again, if it is to be tried again."""

    delivery_id: DeliveryId
    attempt: int
    state: DeliveryState
    at: datetime
    duration: timedelta
    answer: str
    next_at: datetime | None = None


class TryLater(Exception):
    """The receiver did not take it now. `after` is how long it asked to wait, if it did."""

    def __init__(self, message: str, *, after: timedelta | None = None) -> None:
        super().__init__(message)
        self.after = after


class GiveUp(Exception):
    """The receiver will never take it, however often it is tried."""
