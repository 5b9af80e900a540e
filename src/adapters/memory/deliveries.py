"""A delivery as it lies in memory."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from portal_core.delivery import Delivery, DeliveryState
from portal_core.ids import DeliveryId, EventId


class DeliveryRow(Struct, frozen=True, kw_only=True):
    """A delivery with where it stands. Others keep off it until the lease ends.

    `claimed_at` says when the try that holds the lease began.
    """

    id: DeliveryId
    event_id: EventId
    event_type: str
    subscriber: str
    target: UUID | None
    state: DeliveryState = DeliveryState.PENDING
    attempts: int = 0
    created_at: datetime
    next_at: datetime | None
    claimed_at: datetime | None = None
    leased_until: datetime | None = None
    last_answer: str = ""

    @property
    def delivery(self) -> Delivery:
        """The delivery as its handler sees it."""
        return Delivery(
            id=self.id,
            event_id=self.event_id,
            subscriber=self.subscriber,
            target=self.target,
            attempts=self.attempts,
        )

    def due(self, now: datetime) -> bool:
        """Return whether it is time to try."""
        return (
            self.state is DeliveryState.PENDING
            and self.next_at is not None
            and self.next_at <= now
        )

    def leased(self, now: datetime) -> bool:
        """Return whether somebody is trying now."""
        return self.leased_until is not None and now < self.leased_until
