"""Companies as their templates read them."""

from datetime import datetime

from msgspec import Struct

from adapters.http.addresses import Address
from adapters.http.forms import Filled
from adapters.http.pages.people.views import MemberView
from portal_core.companies.model import CompanyDetails, CompanySummary, slug_of
from portal_core.identity.permissions import Role
from portal_core.ids import CompanyId, PriceListId

DESK = "/admin/companies"


class CompanyForm(Struct, frozen=True, kw_only=True):
    """What the form of a company sends."""

    name: str = ""
    slug: str = ""
    currency: str = ""
    time_zone: str = ""
    locale: str = "en"
    vip: bool = False
    price_list_id: PriceListId | None = None
    parent: str = ""
    street: str = ""
    city: str = ""
    region: str = ""
    postcode: str = ""
    country: str = ""
    syncro_id: str = ""
    xero_id: str = ""
    entra_tenant_id: str = ""
    version: int = 0

    def details(self, parent_id: CompanyId | None) -> CompanyDetails:
        """Return what the form says; without a short name, one made of the name."""
        return CompanyDetails(
            name=self.name,
            slug=self.slug.strip() or slug_of(self.name),
            currency=self.currency,
            time_zone=self.time_zone,
            locale=self.locale,
            vip=self.vip,
            price_list_id=self.price_list_id,
            parent_id=parent_id,
            street=self.street,
            city=self.city,
            region=self.region,
            postcode=self.postcode,
            country=self.country,
            syncro_id=self.syncro_id or None,
            xero_id=self.xero_id or None,
            entra_tenant_id=self.entra_tenant_id or None,
        )


class ArchiveForm(Struct, frozen=True, kw_only=True):
    """What “Archive” sends."""

    reason: str = ""
    version: int = 0


class RestoreForm(Struct, frozen=True, kw_only=True):
    """What “Restore” sends."""

    version: int = 0


class DeleteForm(Struct, frozen=True, kw_only=True):
    """What “Delete” sends: the name, typed."""

    confirm: str = ""


class MemberForm(Struct, frozen=True, kw_only=True):
    """What “Add to the company” sends."""

    email: str = ""
    role: str = Role.BUYER.value


class RowView(Struct, frozen=True, kw_only=True):
    """A company in the list."""

    name: str
    slug: str
    href: str
    rooms: str
    members: int
    currency: str
    vip: bool
    created_at: datetime


class ListView(Struct, frozen=True, kw_only=True):
    """What the list of companies reads."""

    address: Address
    rows: tuple[RowView, ...]
    archived: bool
    prev: str | None
    next: str | None


class NewView(Struct, frozen=True, kw_only=True):
    """What the form of a new company reads."""

    filled: Filled[CompanyForm]
    price_lists: tuple[tuple[str, str], ...]
    time_zones: tuple[tuple[str, str], ...]
    companies: tuple[tuple[str, str], ...]


class CompanyView(Struct, frozen=True, kw_only=True):
    """What the page of a company reads."""

    name: str
    slug: str
    here: str
    filled: Filled[CompanyForm]
    adding: Filled[MemberForm]
    members: tuple[MemberView, ...]
    roles: tuple[tuple[str, str], ...]
    price_lists: tuple[tuple[str, str], ...]
    time_zones: tuple[tuple[str, str], ...]
    companies: tuple[tuple[str, str], ...]
    version: int
    archived_at: datetime | None
    archive_reason: str


class EndView(Struct, frozen=True, kw_only=True):
    """What the page reads on which a company is archived or deleted."""

    name: str
    here: str
    archiving: Filled[ArchiveForm]
    deleting: Filled[DeleteForm]
    contents: tuple[tuple[str, int], ...]
    orders: int
    archived: bool


def row_of(company: CompanySummary) -> RowView:
    """Return the company as a row that links to its page."""
    return RowView(
        name=company.name,
        slug=company.slug,
        href=f"{DESK}/{company.slug}",
        rooms=f"/c/{company.slug}/home",
        members=company.members,
        currency=company.currency,
        vip=company.vip,
        created_at=company.created_at,
    )
