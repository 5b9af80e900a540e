"""Providers as their templates read them."""

from collections.abc import Mapping
from uuid import UUID

from msgspec import Struct

from adapters.http.forms import Filled
from portal_core.identity.providers import (
    NAMES,
    Provider,
    ProviderDetails,
    ProviderKind,
)
from portal_core.ids import CompanyId

DESK = "/admin/settings/providers"

KINDS = tuple((kind.value, NAMES[kind]) for kind in ProviderKind)

HELP: Mapping[ProviderKind, str] = {
    ProviderKind.MICROSOFT: (
        "Register an app in the Entra admin centre, of the kind Web, with this redirect "
        "URI, and make a client secret."
    ),
    ProviderKind.GOOGLE: (
        "Make an OAuth client of the kind Web application in the Google Cloud console, "
        "with this redirect URI."
    ),
    ProviderKind.GITHUB: (
        "Register an OAuth app in GitHub’s developer settings, with this as its callback "
        "URL, and make a client secret."
    ),
    ProviderKind.OPENID: (
        "Register a confidential client for the authorization code flow, with this "
        "redirect URI."
    ),
}
"""What to do at the provider first."""


class ProviderForm(Struct, frozen=True, kw_only=True):
    """What the form of a provider sends.

    The id is made with the page: it is in the address that has to be registered before
    there is a client to enter here.
    """

    id: UUID = UUID(int=0)
    kind: ProviderKind = ProviderKind.OPENID
    name: str = ""
    address: str = ""
    client_id: str = ""
    client_secret: str = ""
    company: str = ""
    second_factor: bool = False
    disabled: bool = False
    version: int = 1

    def details(self, company_id: CompanyId | None) -> ProviderDetails:
        """Return what the form means."""
        return ProviderDetails(
            kind=self.kind,
            name=self.name,
            address=self.address,
            client_id=self.client_id,
            client_secret=self.client_secret,
            company_id=company_id,
            second_factor=self.second_factor,
            disabled=self.disabled,
        )


class RowView(Struct, frozen=True, kw_only=True):
    """A provider in the list."""

    name: str
    kind: str
    address: str
    everybody: bool
    second_factor: bool
    disabled: bool
    href: str


class ListView(Struct, frozen=True):
    """What the list of providers reads."""

    rows: tuple[RowView, ...]
    kinds: tuple[tuple[str, str], ...]


class NewView(Struct, frozen=True, kw_only=True):
    """What the form of a new provider reads."""

    filled: Filled[ProviderForm]
    kind: ProviderKind
    kind_name: str
    help: str
    back: str
    companies: tuple[tuple[str, str], ...]


class EditView(Struct, frozen=True, kw_only=True):
    """What the form of a provider reads."""

    filled: Filled[ProviderForm]
    id: str
    name: str
    kind: ProviderKind
    help: str
    back: str
    companies: tuple[tuple[str, str], ...]


def row_of(provider: Provider) -> RowView:
    """Return a provider as the list shows it."""
    return RowView(
        name=provider.name,
        kind=NAMES[provider.kind],
        address=provider.address,
        everybody=provider.company_id is None,
        second_factor=provider.second_factor,
        disabled=provider.disabled,
        href=f"{DESK}/{provider.id}",
    )


def form_of(provider: Provider, company: str) -> ProviderForm:
    """Return the form that shows a provider, but not its secret."""
    return ProviderForm(
        id=provider.id,
        kind=provider.kind,
        name=provider.name,
        address=provider.address,
        client_id=provider.client_id,
        company=company,
        second_factor=provider.second_factor,
        disabled=provider.disabled,
        version=provider.version,
    )


def back_of(public_url: str, provider_id: UUID) -> str:
    """Return the address that a provider has to send people back to."""
    return f"{public_url}/login/with/{provider_id}/back"
