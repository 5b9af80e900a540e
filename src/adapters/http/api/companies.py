"""Companies over the API."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody
from msgspec import UNSET, Meta, Struct, UnsetType

from adapters.http.api.asking import Asked, expected_version, once_for, unless_stale
from adapters.http.api.operations import Conditional, Repeatable, needs
from adapters.http.api.wire import Listed, chosen, listed, tagged
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


class CompanyBody(Struct, frozen=True, kw_only=True):
    """A company."""

    id: UUID
    slug: Slug
    name: Name
    currency: Currency
    time_zone: TimeZone
    created_at: datetime


class CompanyRowBody(Struct, frozen=True, kw_only=True):
    """A company in a list."""

    id: UUID
    slug: Slug
    name: Name
    currency: Currency
    created_at: datetime


class NewCompany(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a new company needs. Without a slug, one is made of the name."""

    name: Name
    slug: Slug = ""
    currency: Currency = ""
    time_zone: TimeZone = ""


class CompanyChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change; what is left out stays."""

    name: Name | UnsetType = UNSET
    slug: Slug | UnsetType = UNSET
    currency: Currency | UnsetType = UNSET
    time_zone: TimeZone | UnsetType = UNSET


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
    ) -> Response[Listed[CompanyRowBody]]:
        """List companies whose name or slug contains the text, by name."""
        page = await companies.page(actor, search, asked.window)
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
            name=data.name,
            slug=data.slug or slug_of(data.name),
            currency=data.currency or house.currency,
            time_zone=data.time_zone or house.time_zone,
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
        details = CompanyDetails(
            name=chosen(data.name, company.name),
            slug=chosen(data.slug, company.slug),
            currency=chosen(data.currency, company.currency),
            time_zone=chosen(data.time_zone, company.time_zone),
            price_list_id=company.price_list_id,
        )
        with unless_stale():
            changed = await companies.edit(
                visit.actor, company.id, details, version=version
            )
        return tagged(request, _body(changed), changed.version)


def _entered(visit: Visit) -> Company:
    if visit.company is None:
        raise NotFound("There is no such company.")
    return visit.company


def _body(company: Company) -> CompanyBody:
    return CompanyBody(
        id=company.id,
        slug=company.slug,
        name=company.name,
        currency=company.currency,
        time_zone=company.time_zone,
        created_at=company.created_at,
    )


def _row(company: CompanySummary) -> CompanyRowBody:
    return CompanyRowBody(
        id=company.id,
        slug=company.slug,
        name=company.name,
        currency=company.currency,
        created_at=company.created_at,
    )
