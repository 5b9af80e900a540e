"""Companies over the API."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody
from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import asdict

from adapters.http.api.asking import Asked, expected_version, once_for, unless_stale
from adapters.http.api.operations import Conditional, Repeatable, needs
from adapters.http.api.wire import Listed, listed, tagged
from adapters.http.calls import AnyRequest
from adapters.http.house import house_of
from portal_core.companies.access import Visit
from portal_core.companies.companies import CompanyService
from portal_core.companies.model import Company, CompanyDetails, CompanySummary, slug_of
from portal_core.errors import NotFound
from portal_core.identity.actor import Actor
from portal_core.identity.permissions import Permission

Name = Annotated[str, Meta(examples=["Harbour Dental"])]
Slug = Annotated[
    str, Meta(description="Its name in addresses", examples=["harbour-dental"])
]
Currency = Annotated[str, Meta(description="ISO 4217", examples=["AUD"])]
TimeZone = Annotated[str, Meta(description="IANA", examples=["Australia/Sydney"])]


Country = Annotated[str, Meta(description="ISO 3166, two letters", examples=["AU"])]
Locale = Annotated[str, Meta(description="A language", examples=["en-AU"])]


class CompanyBody(Struct, frozen=True, kw_only=True):
    """A company. An archived one is history; the ids are those of other systems."""

    id: UUID
    slug: Slug
    name: Name
    currency: Currency
    time_zone: TimeZone
    locale: Locale
    vip: bool
    parent_id: UUID | None
    street: str
    city: str
    region: str
    postcode: str
    country: Country
    syncro_id: str | None
    xero_id: str | None
    entra_tenant_id: str | None
    archived_at: datetime | None
    archive_reason: str
    created_at: datetime


class CompanyRowBody(Struct, frozen=True, kw_only=True):
    """A company in a list."""

    id: UUID
    slug: Slug
    name: Name
    currency: Currency
    vip: bool
    archived_at: datetime | None
    created_at: datetime


class NewCompany(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a new company needs. Without a slug, one is made of the name."""

    name: Name
    slug: Slug = ""
    currency: Currency = ""
    time_zone: TimeZone = ""
    locale: Locale = "en"
    vip: bool = False
    parent_id: UUID | None = None
    street: str = ""
    city: str = ""
    region: str = ""
    postcode: str = ""
    country: Country = ""
    syncro_id: str | None = None
    xero_id: str | None = None
    entra_tenant_id: str | None = None


class CompanyChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change; what is left out stays."""

    name: Name | UnsetType = UNSET
    slug: Slug | UnsetType = UNSET
    currency: Currency | UnsetType = UNSET
    time_zone: TimeZone | UnsetType = UNSET
    locale: Locale | UnsetType = UNSET
    vip: bool | UnsetType = UNSET
    parent_id: UUID | UnsetType | None = UNSET
    street: str | UnsetType = UNSET
    city: str | UnsetType = UNSET
    region: str | UnsetType = UNSET
    postcode: str | UnsetType = UNSET
    country: Country | UnsetType = UNSET
    syncro_id: str | UnsetType | None = UNSET
    xero_id: str | UnsetType | None = UNSET
    entra_tenant_id: str | UnsetType | None = UNSET


class ArchiveBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a company becomes history."""

    reason: Annotated[str, Meta(examples=["Changed to another provider"])]


class CompanyApi(Controller):
    """Companies."""

    path = "/companies"
    tags = ("Companies",)

    @get(
        operation_id="listCompanies",
        summary="List companies",
        security=needs("companies:read"),
    )
    async def list(
        self,
        asked: NamedDependency[Asked],
        actor: NamedDependency[Actor],
        companies: NamedDependency[CompanyService],
        search: FromQuery[str] = "",
        archived: FromQuery[bool] = False,  # noqa: FBT002 - a parameter of the address
    ) -> Response[Listed[CompanyRowBody]]:
        """List companies whose name or slug contains the text, by name.

        They are either those that are archived, or all others.
        """
        page = await companies.page(actor, search, asked.window, archived=archived)
        return listed(asked, page, _row)

    @post(
        operation_id="createCompany",
        summary="Add a company",
        security=needs("companies:write"),
        operation_class=Repeatable,
    )
    async def create(
        self,
        request: AnyRequest,
        data: JSONBody[NewCompany],
        actor: NamedDependency[Actor],
        companies: NamedDependency[CompanyService],
    ) -> Response[CompanyBody]:
        """Add a company. What is left out is as the portal's defaults have it."""
        house = house_of(request)
        details = CompanyDetails(
            **asdict(data)
            | {
                "slug": data.slug or slug_of(data.name),
                "currency": data.currency or house.currency,
                "time_zone": data.time_zone or house.time_zone,
            }
        )
        once = await once_for(request, actor)
        company = await companies.create(actor, details, once=once)
        return tagged(
            request,
            _body(company),
            company.version,
            status=201,
            location=f"/api/v1/companies/{company.slug}",
        )

    @get(
        "/{company:str}",
        operation_id="getCompany",
        summary="Get a company",
        security=needs("companies:read"),
    )
    async def show(
        self, request: AnyRequest, visit: NamedDependency[Visit]
    ) -> Response[CompanyBody]:
        """Get a company by its slug or id."""
        visit.actor.require(Permission.SEE_COMPANY)
        company = _entered(visit)
        return tagged(request, _body(company), company.version)

    @patch(
        "/{company:str}",
        operation_id="changeCompany",
        summary="Change a company",
        security=needs("companies:write"),
        operation_class=Conditional,
    )
    async def change(
        self,
        request: AnyRequest,
        data: JSONBody[CompanyChange],
        visit: NamedDependency[Visit],
        companies: NamedDependency[CompanyService],
    ) -> Response[CompanyBody]:
        """Change some of a company's details."""
        company, version = _entered(visit), expected_version(request)
        sent = {name: value for name, value in asdict(data).items() if value is not UNSET}
        details = CompanyDetails(
            **{name: getattr(company, name) for name in CompanyDetails.__struct_fields__}
            | sent
        )
        with unless_stale():
            changed = await companies.edit(
                visit.actor, company.id, details, version=version
            )
        return tagged(request, _body(changed), changed.version)

    @post(
        "/{company:str}/archive",
        operation_id="archiveCompany",
        summary="Archive a company",
        security=needs("companies:write"),
        operation_class=Conditional,
        status_code=200,
    )
    async def archive(
        self,
        request: AnyRequest,
        data: JSONBody[ArchiveBody],
        visit: NamedDependency[Visit],
        companies: NamedDependency[CompanyService],
    ) -> Response[CompanyBody]:
        """Make a company history: its people and keys come in no more."""
        company, version = _entered(visit), expected_version(request)
        with unless_stale():
            archived = await companies.archive(
                visit.actor, company.id, data.reason, version=version
            )
        return tagged(request, _body(archived), archived.version)

    @post(
        "/{company:str}/restore",
        operation_id="restoreCompany",
        summary="Restore a company",
        security=needs("companies:write"),
        operation_class=Conditional,
        status_code=200,
    )
    async def restore(
        self,
        request: AnyRequest,
        visit: NamedDependency[Visit],
        companies: NamedDependency[CompanyService],
    ) -> Response[CompanyBody]:
        """Let the people and keys of an archived company in again."""
        company, version = _entered(visit), expected_version(request)
        with unless_stale():
            restored = await companies.restore(visit.actor, company.id, version=version)
        return tagged(request, _body(restored), restored.version)

    @delete(
        "/{company:str}",
        operation_id="deleteCompany",
        summary="Delete a company",
        security=needs("companies:write"),
    )
    async def delete(
        self,
        visit: NamedDependency[Visit],
        companies: NamedDependency[CompanyService],
    ) -> None:
        """Remove a company that never ordered, with all that is its own."""
        company = _entered(visit)
        await companies.delete(visit.actor, company.id, company.name)


def _entered(visit: Visit) -> Company:
    if visit.company is None:
        raise NotFound("There is no such company.")
    return visit.company


def _body(company: Company) -> CompanyBody:
    fields = CompanyBody.__struct_fields__
    return CompanyBody(**{name: getattr(company, name) for name in fields})


def _row(company: CompanySummary) -> CompanyRowBody:
    fields = CompanyRowBody.__struct_fields__
    return CompanyRowBody(**{name: getattr(company, name) for name in fields})
