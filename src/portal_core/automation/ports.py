"""What automation needs from the outside world."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from portal_core.automation.model import Endpoint
from portal_core.automation.views import (
    Attempt,
    DeliverySummary,
    OutboxStatus,
)
from portal_core.commerce.ports import CommerceWork
from portal_core.delivery import DeliveryState
from portal_core.events import Event
from portal_core.ids import DeliveryId, EndpointId, EventId
from portal_core.paging import Page, Window


class DeliveryFilter(Struct, frozen=True, kw_only=True):
    """Which deliveries are wanted, newest first. Empty parts ask for nothing."""

    state: DeliveryState | None = None
    subscriber: str = ""
    endpoint_id: EndpointId | None = None
    event_type: str = ""
    event_ids: tuple[EventId, ...] = ()
    count: bool = False


class Sent(Struct, frozen=True):
    """What a receiver answered: the status, how long it asked to wait, some of the body."""

    status: int
    body: str
    retry_after: float | None = None


class AddressGuard(Protocol):
    """Knows which addresses outgoing calls may reach."""

    async def check(self, url: str) -> None:
        """Raise Invalid if any address behind the URL is not public or allowed."""


class WebhookClient(Protocol):
    """Posts to strangers: to checked addresses only, without following redirects."""

    async def post(self, url: str, body: bytes, headers: dict[str, str]) -> Sent:
        """Post the bytes and return the answer, whatever its status.

        Raises Forbidden if the address may not be reached, and Unavailable if there was no
        answer.
        """


class KeptMails(Protocol):
    """Mail that stayed here because there is no mail server."""

    async def find(self, delivery_id: DeliveryId) -> str | None:
        """Return the delivery's mail as its reader would see it, if it was kept."""


class EndpointRepository(Protocol):
    """Registered receivers; their secrets are encrypted where they lie."""

    async def list(self) -> Sequence[Endpoint]:
        """Return every endpoint, oldest first."""

    async def get(self, endpoint_id: EndpointId) -> Endpoint:
        """Return the endpoint. Raises NotFound."""

    async def add(self, endpoint: Endpoint) -> None:
        """Store a new endpoint."""

    async def save(self, endpoint: Endpoint) -> None:
        """Replace the endpoint by its next version. Raises Conflict if it is not next."""

    async def remove(self, endpoint_id: EndpointId) -> None:
        """Remove the endpoint; deliveries to it that still wait fail at once."""


class DeliveryRepository(Protocol):
    """Deliveries as an administrator sees them."""

    async def page(self, wanted: DeliveryFilter, window: Window) -> Page[DeliverySummary]:
        """Return deliveries, newest first."""

    async def get(self, delivery_id: DeliveryId) -> DeliverySummary:
        """Return the delivery. Raises NotFound."""

    async def attempts(self, delivery_id: DeliveryId) -> Sequence[Attempt]:
        """Return the tries that were made, oldest first."""

    async def event(self, delivery_id: DeliveryId) -> Event:
        """Return the event that is delivered. Raises NotFound."""

    async def retry(self, delivery_id: DeliveryId, at: datetime) -> None:
        """Make the delivery due at once. Raises NotFound."""

    async def retry_failed(self, since: datetime | None, at: datetime) -> int:
        """Make every failed delivery due, made since then or ever; return how many."""

    async def status(self, now: datetime) -> OutboxStatus:
        """Return what waits, what failed, and since when."""


class AutomationWork(CommerceWork, Protocol):
    """What automation may touch in one transaction."""

    @property
    def endpoints(self) -> EndpointRepository: ...
    @property
    def deliveries(self) -> DeliveryRepository: ...


class AutomationDatabase(Protocol):
    """Opens works on automation."""

    def begin(self) -> AbstractAsyncContextManager[AutomationWork]:
        """Open a work that changes things."""

    def read(self) -> AbstractAsyncContextManager[AutomationWork]:
        """Open a work that only reads."""
