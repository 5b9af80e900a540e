"""Keys as their templates read them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated

from msgspec import Meta, Struct

from adapters.http.forms import Filled
from portal_core.identity.api_keys import DEFAULT_LIFETIME, LONGEST_LIFETIME
from portal_core.identity.model import ApiKey
from portal_core.ids import CompanyId

DESK = "/admin/keys"

SCOPES: Mapping[str, str] = {
    "companies:read": "See the company’s own details.",
    "companies:write": "Add and change companies.",
    "products:read": "Read the shop with the company’s prices.",
    "products:write": "Change products, prices and stock.",
    "memberships:read": "See who belongs to a company, and what they may do.",
    "memberships:write": "Change what people of a company may do, and its roles.",
    "variables:read": "Read the variables of companies, but no secret.",
    "variables:write": "Set and remove the variables of companies.",
    "orders:read": "Read orders.",
    "orders:write": "Place and cancel orders.",
    "orders:admin": "Move the orders of every company on.",
    "endpoints:read": "See endpoints and deliveries.",
    "endpoints:write": "Register endpoints, and retry deliveries.",
}


class KeyForm(Struct, frozen=True, kw_only=True):
    """What the form of a new key sends. `allow` is a network on each line."""

    name: str = ""
    company: str = ""
    scope: tuple[str, ...] = ()
    expires: Annotated[int, Meta(ge=1, le=LONGEST_LIFETIME.days)] = DEFAULT_LIFETIME.days
    allow: str = ""

    @property
    def lifetime(self) -> timedelta:
        """How long the key is to live."""
        return timedelta(days=self.expires)

    @property
    def networks(self) -> tuple[str, ...]:
        """The networks from which the key may be used."""
        return tuple(self.allow.replace(",", " ").split())


class RowView(Struct, frozen=True, kw_only=True):
    """A key in the list."""

    id: str
    name: str
    begins: str
    company: str
    scopes: tuple[str, ...]
    networks: tuple[str, ...]
    expires_at: datetime | None
    used_at: datetime | None
    state: str
    here: str


class ListView(Struct, frozen=True, kw_only=True):
    """What the list of keys reads."""

    rows: tuple[RowView, ...]


class ScopeView(Struct, frozen=True, kw_only=True):
    """A scope, and whether it was ticked."""

    name: str
    note: str
    chosen: bool


class NewView(Struct, frozen=True, kw_only=True):
    """What the form of a new key reads."""

    filled: Filled[KeyForm]
    companies: tuple[tuple[str, str], ...]
    scopes: tuple[ScopeView, ...]


class SecretView(Struct, frozen=True, kw_only=True):
    """What the page reads that shows a new key, this once."""

    name: str
    text: str
    company: str
    expires_at: datetime | None


def row_of(key: ApiKey, names: Mapping[CompanyId, str], now: datetime) -> RowView:
    """Return the key as a row."""
    company = "All companies"
    if key.company_id is not None:
        company = names.get(key.company_id, "One company")
    return RowView(
        id=str(key.id),
        name=key.name,
        begins=key.lookup,
        company=company,
        scopes=key.scopes,
        networks=key.networks,
        expires_at=key.expires_at,
        used_at=key.used_at,
        state=_state(key, now),
        here=f"{DESK}/{key.id}",
    )


def scopes_of(chosen: tuple[str, ...]) -> tuple[ScopeView, ...]:
    """Return every scope, with those ticked that were chosen."""
    return tuple(
        ScopeView(name=name, note=note, chosen=name in chosen)
        for name, note in SCOPES.items()
    )


def _state(key: ApiKey, now: datetime) -> str:
    if key.revoked_at is not None:
        return "revoked"
    if key.expires_at is not None and key.expires_at <= now:
        return "expired"
    return "live"
