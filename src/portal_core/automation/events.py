"""Facts about endpoints and deliveries."""

from uuid import UUID

from portal_core.events import Event
from portal_core.ids import DeliveryId, EndpointId


class EndpointEvent(Event, frozen=True, kw_only=True):
    """Something that happened to an endpoint."""

    endpoint_id: EndpointId
    url: str

    @property
    def subject_id(self) -> UUID:
        return self.endpoint_id


class EndpointCreated(EndpointEvent, frozen=True, kw_only=True, tag="endpoint.created"):
    """A receiver of webhooks was registered."""


class EndpointUpdated(EndpointEvent, frozen=True, kw_only=True, tag="endpoint.updated"):
    """A receiver's details were changed."""

    changed: tuple[str, ...]


class EndpointSecretRotated(
    EndpointEvent, frozen=True, kw_only=True, tag="endpoint.secret_rotated"
):
    """A receiver got a new signing secret."""


class EndpointDisabled(EndpointEvent, frozen=True, kw_only=True, tag="endpoint.disabled"):
    """A receiver is sent nothing any more."""

    reason: str


class EndpointEnabled(EndpointEvent, frozen=True, kw_only=True, tag="endpoint.enabled"):
    """A receiver is sent events again."""


class EndpointRemoved(EndpointEvent, frozen=True, kw_only=True, tag="endpoint.removed"):
    """A receiver was removed, with the deliveries that still waited."""


class EndpointTested(EndpointEvent, frozen=True, kw_only=True, tag="endpoint.tested"):
    """An administrator wants to see whether a receiver hears us. Only it is told."""


class DeliveryRetried(Event, frozen=True, kw_only=True, tag="delivery.retried"):
    """An administrator wants deliveries to be tried again: one, or all that had failed."""

    delivery_id: DeliveryId | None
    count: int

    @property
    def subject_id(self) -> UUID | None:
        return self.delivery_id
