"""Endpoints as their templates read them."""

from datetime import datetime

from msgspec import Struct

from adapters.http.forms import Filled
from portal_core.automation.events import EndpointTested
from portal_core.automation.model import Endpoint, EndpointDetails, PayloadFormat
from portal_core.events import event_type
from portal_core.ids import CompanyId
from portal_core.subscriptions import SUBSCRIPTIONS, Subscriber

DESK = "/admin/endpoints"

FORMATS = (
    (PayloadFormat.STANDARD.value, "Standard Webhooks", "Signed; every event you choose."),
    (
        PayloadFormat.LEGACY_ORDER.value,
        "Legacy order",
        "What the predecessor sent when an order was placed, and nothing else.",
    ),
)


class EndpointForm(Struct, frozen=True, kw_only=True):
    """What the form of an endpoint sends. `company` is a short name, blank for all.

    A blank `legacy_key` leaves the one that is kept.
    """

    url: str = ""
    description: str = ""
    events: tuple[str, ...] = ()
    company: str = ""
    format: PayloadFormat = PayloadFormat.STANDARD
    legacy_key: str = ""
    version: int = 0

    def details(self, company_id: CompanyId | None, kept_key: str = "") -> EndpointDetails:
        """Return what the form says."""
        legacy = self.format is PayloadFormat.LEGACY_ORDER
        return EndpointDetails(
            url=self.url,
            description=self.description,
            events=self.events or (("order.placed",) if legacy else ()),
            company_id=company_id,
            format=self.format,
            legacy_key=self.legacy_key.strip() or kept_key,
        )


class Look(Struct, frozen=True):
    """How the state of an endpoint looks."""

    label: str
    tone: str
    sign: str


class RowView(Struct, frozen=True, kw_only=True):
    """An endpoint in the list."""

    url: str
    href: str
    description: str
    events: str
    look: Look


class ListView(Struct, frozen=True, kw_only=True):
    """What the list of endpoints reads."""

    rows: tuple[RowView, ...]


class EventView(Struct, frozen=True, kw_only=True):
    """A type of event, and whether it was ticked."""

    name: str
    label: str
    chosen: bool


class NewView(Struct, frozen=True, kw_only=True):
    """What the form of a new endpoint reads."""

    filled: Filled[EndpointForm]
    companies: tuple[tuple[str, str], ...]
    events: tuple[EventView, ...]
    formats: tuple[tuple[str, str, str], ...]


class EndpointView(NewView, frozen=True, kw_only=True):
    """What the page of an endpoint reads. `secret` is there once, when it is new."""

    here: str
    url: str
    description: str
    look: Look
    disabled: bool
    has_key: bool
    secret: str
    overlap_ends_at: datetime | None
    failing_since: datetime | None
    created_at: datetime
    deliveries: str


def row_of(endpoint: Endpoint) -> RowView:
    """Return the endpoint as a row that links to its page."""
    return RowView(
        url=endpoint.url,
        href=f"{DESK}/{endpoint.id}",
        description=endpoint.description,
        events="Everything" if "*" in endpoint.events else ", ".join(endpoint.events),
        look=look_of(endpoint),
    )


def look_of(endpoint: Endpoint) -> Look:
    """Return how it stands with the endpoint."""
    if endpoint.disabled:
        return Look("Disabled", "neutral", "ban")
    if endpoint.failing_since is not None:
        return Look("Failing", "danger", "alert-circle")
    return Look("Active", "success", "circle-check")


def events_of(chosen: tuple[str, ...]) -> tuple[EventView, ...]:
    """Return all that an endpoint may hear of, with those ticked that were chosen."""
    types = sorted(
        event_type(kind)
        for kind, heard in SUBSCRIPTIONS.items()
        if Subscriber.WEBHOOKS in heard and kind is not EndpointTested
    )
    families = [one for one in chosen if one.endswith(".*")]
    names = [("*", "Everything, also what is added later")]
    names += [(one, f"Everything of {one.removesuffix('.*')}") for one in families]
    names += [(one, _words(one)) for one in types]
    return tuple(
        EventView(name=name, label=label, chosen=name in chosen) for name, label in names
    )


def form_of(endpoint: Endpoint, company: str) -> EndpointForm:
    """Return the form of an endpoint as it is, without its secret key."""
    return EndpointForm(
        url=endpoint.url,
        description=endpoint.description,
        events=endpoint.events,
        company=company,
        format=endpoint.format,
        version=endpoint.version,
    )


def _words(name: str) -> str:
    return name.replace(".", " ").replace("_", " ").capitalize()
