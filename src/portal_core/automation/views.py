"""Deliveries as lists and pages show them."""

from datetime import datetime

from msgspec import Struct

from portal_core.delivery import DeliveryState
from portal_core.ids import DeliveryId, EndpointId, EventId


class DeliverySummary(Struct, frozen=True, kw_only=True):
    """A delivery as a list shows it. `receiver` is an endpoint's address or a channel."""

    id: DeliveryId
    event_id: EventId
    event_type: str
    subscriber: str
    endpoint_id: EndpointId | None
    receiver: str
    state: DeliveryState
    attempts: int
    created_at: datetime
    next_at: datetime | None
    last_answer: str


class Attempt(Struct, frozen=True, kw_only=True):
    """One try. `milliseconds` is how long it took."""

    number: int
    at: datetime
    milliseconds: int
    state: DeliveryState
    answer: str


class FailedReceiver(Struct, frozen=True, kw_only=True):
    """How many deliveries to one receiver were given up, and the last reason."""

    receiver: str
    count: int
    last_answer: str


class OutboxStatus(Struct, frozen=True, kw_only=True):
    """What waits, what failed, and since when the oldest has been waiting."""

    pending: int
    due: int
    failed: int
    oldest_due_at: datetime | None
    failures: tuple[FailedReceiver, ...] = ()
