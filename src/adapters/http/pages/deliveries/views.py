"""Deliveries as their templates read them."""

from collections.abc import Mapping
from datetime import datetime

import msgspec
from msgspec import Struct

from adapters.http.addresses import Address
from portal_core.automation.deliveries import DeliverySheet
from portal_core.automation.views import Attempt, DeliverySummary, OutboxStatus
from portal_core.delivery import DeliveryState
from portal_core.events import event_type
from portal_core.subscriptions import SUBSCRIPTIONS, Subscriber

DESK = "/admin/deliveries"

CHANNELS: Mapping[Subscriber, str] = {
    Subscriber.WEBHOOKS: "Webhook",
    Subscriber.DISCORD: "Discord",
    Subscriber.MAIL_BUYER: "Mail to the buyer",
    Subscriber.MAIL_MSP: "Mail to you",
    Subscriber.MAIL_PERSON: "Mail to the person",
}


class Look(Struct, frozen=True):
    """How a state looks: words, colour, icon."""

    label: str
    tone: str
    sign: str


LOOKS: Mapping[DeliveryState, Look] = {
    DeliveryState.PENDING: Look("Waiting", "info", "clock"),
    DeliveryState.DONE: Look("Delivered", "success", "circle-check"),
    DeliveryState.FAILED: Look("Failed", "danger", "alert-circle"),
}
_RETRYING = Look("Retrying", "warning", "refresh")


class RowView(Struct, frozen=True, kw_only=True):
    """A delivery in the list."""

    href: str
    event: str
    channel: str
    receiver: str
    look: Look
    attempts: int
    created_at: datetime
    last_answer: str


class FailureView(Struct, frozen=True, kw_only=True):
    """A receiver that does not take what it is sent."""

    receiver: str
    count: int
    last_answer: str


class StatusView(Struct, frozen=True, kw_only=True):
    """How it stands with everything that is on its way."""

    pending: int
    due: int
    failed: int
    oldest_due_at: datetime | None
    failures: tuple[FailureView, ...]


class ListView(Struct, frozen=True, kw_only=True):
    """What the list of deliveries reads. About one thing, it shows no status."""

    address: Address
    rows: tuple[RowView, ...]
    status: StatusView | None
    states: tuple[tuple[str, str], ...]
    channels: tuple[tuple[str, str], ...]
    events: tuple[tuple[str, str], ...]
    prev: str | None
    next: str | None


class AttemptView(Struct, frozen=True, kw_only=True):
    """One try."""

    number: int
    at: datetime
    milliseconds: int
    look: Look
    answer: str


class DeliveryView(Struct, frozen=True, kw_only=True):
    """What the page of a delivery reads."""

    here: str
    id: str
    event: str
    channel: str
    receiver: str
    endpoint: str
    look: Look
    created_at: datetime
    next_at: datetime | None
    attempts: tuple[AttemptView, ...]
    payload: str


def row_of(delivery: DeliverySummary) -> RowView:
    """Return the delivery as a row that links to its page."""
    return RowView(
        href=f"{DESK}/{delivery.id}",
        event=delivery.event_type,
        channel=_channel(delivery),
        receiver=_receiver(delivery),
        look=_look(delivery),
        attempts=delivery.attempts,
        created_at=delivery.created_at,
        last_answer=delivery.last_answer,
    )


def status_of(status: OutboxStatus) -> StatusView:
    """Return how it stands."""
    return StatusView(
        pending=status.pending,
        due=status.due,
        failed=status.failed,
        oldest_due_at=status.oldest_due_at,
        failures=tuple(
            FailureView(
                receiver=_named(one.receiver),
                count=one.count,
                last_answer=one.last_answer,
            )
            for one in status.failures
        ),
    )


def delivery_of(sheet: DeliverySheet) -> DeliveryView:
    """Return everything about the delivery."""
    delivery = sheet.delivery
    return DeliveryView(
        here=f"{DESK}/{delivery.id}",
        id=str(delivery.id),
        event=delivery.event_type,
        channel=_channel(delivery),
        receiver=_receiver(delivery),
        endpoint=f"/admin/endpoints/{delivery.endpoint_id}" if delivery.endpoint_id else "",
        look=_look(delivery),
        created_at=delivery.created_at,
        next_at=delivery.next_at if delivery.state is DeliveryState.PENDING else None,
        attempts=tuple(_attempt(one) for one in reversed(sheet.attempts)),
        payload=msgspec.json.format(sheet.payload, indent=2).decode(),
    )


def states() -> tuple[tuple[str, str], ...]:
    """Return every state with its words, for a filter."""
    return tuple((state.value, look.label) for state, look in LOOKS.items())


def channels() -> tuple[tuple[str, str], ...]:
    """Return every channel with its words, for a filter."""
    return tuple((channel.value, label) for channel, label in CHANNELS.items())


def events() -> tuple[tuple[str, str], ...]:
    """Return every type of event that anybody hears of, for a filter."""
    types = sorted(event_type(kind) for kind, heard in SUBSCRIPTIONS.items() if heard)
    return tuple((name, name) for name in types)


def _named(receiver: str) -> str:
    """Return the words for a channel; an address speaks for itself."""
    return CHANNELS[Subscriber(receiver)] if receiver in set(Subscriber) else receiver


def _channel(delivery: DeliverySummary) -> str:
    return _named(delivery.subscriber)


def _receiver(delivery: DeliverySummary) -> str:
    """Return the address, where a channel has more than one receiver."""
    return delivery.receiver if delivery.receiver != delivery.subscriber else ""


def _look(delivery: DeliverySummary) -> Look:
    if delivery.state is DeliveryState.PENDING and delivery.attempts:
        return _RETRYING
    return LOOKS[delivery.state]


def _attempt(attempt: Attempt) -> AttemptView:
    look = LOOKS[attempt.state]
    if attempt.state is DeliveryState.PENDING:
        look = Look("Not taken", "warning", "alert-triangle")
    return AttemptView(
        number=attempt.number,
        at=attempt.at,
        milliseconds=attempt.milliseconds,
        look=look,
        answer=attempt.answer,
    )
