"""The rooms in which the MSP looks after its client companies."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from msgspec import Meta, Struct

from adapters.http.forms import Filled, Form
from adapters.http.pages.companies.naming import company_named, suggestions
from adapters.http.pages.companies.time_zones import time_zones
from adapters.http.pages.companies.views import (
    DESK,
    CompanyForm,
    CompanyView,
    ListView,
    MemberForm,
    NewView,
    row_of,
)
from adapters.http.pages.people.views import RoleForm, chosen, member_of, roles
from adapters.http.screen import Screen
from adapters.http.shell import Crumb
from portal_core.commerce.shelves import PriceListService
from portal_core.companies.companies import CompanyService
from portal_core.companies.memberships import MembershipService
from portal_core.companies.model import Company
from portal_core.companies.roles import RoleService
from portal_core.errors import Conflict, Invalid
from portal_core.identity.actor import Actor
from portal_core.ids import CompanyId, UserId

_CRUMB = Crumb("Companies", DESK)


class CompaniesQuery(Struct, frozen=True, kw_only=True):
    """The state of the list, in its address."""

    search: Annotated[str, Meta(max_length=100)] = ""
    archived: bool = False
    cursor: str = ""


class CompanyPages(Controller):
    """The MSP's client companies."""

    path = DESK

    @get()
    async def list(
        self,
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        companies: NamedDependency[CompanyService],
    ) -> Template:
        """List the companies, by name."""
        query = screen.query(CompaniesQuery)
        order = f"{query.search} {query.archived}"
        window = screen.window(query.cursor, order)
        page = await companies.page(
            actor, query.search.strip(), window, archived=query.archived
        )
        view = ListView(
            address=screen.address,
            rows=tuple(row_of(company) for company in page.items),
            archived=query.archived,
            prev=screen.cursor(page.prev, order),
            next=screen.cursor(page.next, order),
        )
        crumbs = (Crumb(_CRUMB.label),)
        return await screen.show("pages/companies/list.html", view, crumbs=crumbs)

    @get("/new")
    async def new(
        self,
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        companies: NamedDependency[CompanyService],
        price_lists: NamedDependency[PriceListService],
    ) -> Template:
        """Show an empty form."""
        form = CompanyForm(currency=screen.currency, time_zone=screen.time_zone)
        return await _new(screen, actor, companies, price_lists, Filled.of(form))

    @post()
    async def create(
        self,
        data: Form[CompanyForm],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        companies: NamedDependency[CompanyService],
        price_lists: NamedDependency[PriceListService],
    ) -> Template | Redirect:
        """Add a company, and go to it."""
        try:
            form = data.fields
            parent = await _above(actor, companies, form.parent)
            company = await companies.create(actor, form.details(parent))
        except (Invalid, Conflict) as refusal:
            filled = data.refused(refusal)
            return await _new(screen, actor, companies, price_lists, filled)
        return screen.go(f"{DESK}/{company.slug}", "company-created")

    @get("/{slug:str}")
    async def show(
        self,
        slug: FromPath[str],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        companies: NamedDependency[CompanyService],
        memberships: NamedDependency[MembershipService],
        price_lists: NamedDependency[PriceListService],
        roles: NamedDependency[RoleService],
    ) -> Template:
        """Show a company: its details and its people."""
        company = await companies.get_by_slug(actor, slug)
        sheet = _Sheet(actor, screen, companies, memberships, price_lists, roles)
        return await sheet.show(company)

    @post("/{slug:str}")
    async def save(
        self,
        slug: FromPath[str],
        data: Form[CompanyForm],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        companies: NamedDependency[CompanyService],
        memberships: NamedDependency[MembershipService],
        price_lists: NamedDependency[PriceListService],
        roles: NamedDependency[RoleService],
    ) -> Template | Redirect:
        """Change the details of a company."""
        company = await companies.get_by_slug(actor, slug)
        try:
            form = data.fields
            parent = await _above(actor, companies, form.parent)
            saved = await companies.edit(
                actor, company.id, form.details(parent), version=form.version
            )
        except (Invalid, Conflict) as refusal:
            filled = data.refused(refusal)
            sheet = _Sheet(actor, screen, companies, memberships, price_lists, roles)
            return await sheet.show(company, filled=filled)
        return screen.go(f"{DESK}/{saved.slug}", "company-saved")

    @post("/{slug:str}/members")
    async def add_member(
        self,
        slug: FromPath[str],
        data: Form[MemberForm],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        companies: NamedDependency[CompanyService],
        memberships: NamedDependency[MembershipService],
        price_lists: NamedDependency[PriceListService],
        roles: NamedDependency[RoleService],
    ) -> Template | Redirect:
        """Give somebody who has an account a role in the company."""
        company = await companies.get_by_slug(actor, slug)
        try:
            form = data.fields
            role, custom = chosen(form.role)
            await memberships.welcome(actor, company.id, form.email, role, custom)
        except Invalid as refusal:
            sheet = _Sheet(actor, screen, companies, memberships, price_lists, roles)
            return await sheet.show(company, adding=data.refused(refusal))
        return screen.go(f"{DESK}/{slug}", "member-added")

    @post("/{slug:str}/members/{user_id:uuid}")
    async def change_role(
        self,
        slug: FromPath[str],
        user_id: FromPath[UUID],
        data: Form[RoleForm],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        companies: NamedDependency[CompanyService],
        memberships: NamedDependency[MembershipService],
    ) -> Redirect:
        """Give a member another role."""
        company = await companies.get_by_slug(actor, slug)
        role, custom = data.fields.chosen
        await memberships.grant(actor, company.id, UserId(user_id), role, custom)
        return screen.go(f"{DESK}/{slug}", "role-changed")

    @post("/{slug:str}/members/{user_id:uuid}/remove")
    async def remove_member(
        self,
        slug: FromPath[str],
        user_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        companies: NamedDependency[CompanyService],
        memberships: NamedDependency[MembershipService],
    ) -> Redirect:
        """Take a membership away."""
        company = await companies.get_by_slug(actor, slug)
        await memberships.revoke(actor, company.id, UserId(user_id))
        return screen.go(f"{DESK}/{slug}", "member-removed")


async def _new(
    screen: Screen,
    actor: Actor,
    companies: CompanyService,
    price_lists: PriceListService,
    filled: Filled[CompanyForm],
) -> Template:
    view = NewView(
        filled=filled,
        price_lists=await _choices(actor, price_lists),
        time_zones=time_zones(),
        companies=await suggestions(actor, companies),
    )
    crumbs = (_CRUMB, Crumb("New company"))
    return await screen.show(
        "pages/companies/new.html", view, crumbs=crumbs, status=filled.status
    )


class _Sheet:
    """The page of a company, with its forms as they were filled in."""

    def __init__(
        self,
        actor: Actor,
        screen: Screen,
        companies: CompanyService,
        memberships: MembershipService,
        price_lists: PriceListService,
        custom_roles: RoleService,
    ) -> None:
        self._actor = actor
        self._screen = screen
        self._companies = companies
        self._memberships = memberships
        self._price_lists = price_lists
        self._roles = custom_roles

    async def show(
        self,
        company: Company,
        *,
        filled: Filled[CompanyForm] | None = None,
        adding: Filled[MemberForm] | None = None,
    ) -> Template:
        """Show the page."""
        actor, here = self._actor, f"{DESK}/{company.slug}"
        members = await self._memberships.of_company(actor, company.id)
        others = await suggestions(actor, self._companies)
        custom = await self._roles.usable(actor, company.id)
        view = CompanyView(
            name=company.name,
            slug=company.slug,
            here=here,
            filled=filled or Filled.of(await _form(actor, self._companies, company)),
            adding=adding or Filled.of(MemberForm()),
            members=tuple(
                member_of(one, f"{here}/members", href=f"/admin/users/{one.user_id}")
                for one in members
            ),
            roles=roles(custom),
            price_lists=await _choices(actor, self._price_lists),
            time_zones=time_zones(),
            companies=tuple(one for one in others if one[0] != company.slug),
            version=company.version,
            archived_at=company.archived_at,
            archive_reason=company.archive_reason,
        )
        crumbs = (_CRUMB, Crumb(company.name))
        status = max(view.filled.status, view.adding.status)
        return await self._screen.show(
            "pages/companies/company.html", view, crumbs=crumbs, status=status
        )


async def _choices(
    actor: Actor, price_lists: PriceListService
) -> tuple[tuple[str, str], ...]:
    found = await price_lists.list(actor)
    return tuple((str(one.id), f"{one.name} ({one.currency})") for one in found)


async def _above(actor: Actor, companies: CompanyService, slug: str) -> CompanyId | None:
    """Return the company above that somebody named. Raises Invalid."""
    try:
        company = await company_named(actor, companies, slug)
    except Invalid as refusal:
        raise Invalid(refusal.message, field="parent", code="unknown") from refusal
    return company.id if company else None


async def _form(actor: Actor, companies: CompanyService, company: Company) -> CompanyForm:
    parent = ""
    if company.parent_id is not None:
        parent = (await companies.get(actor, company.parent_id)).slug
    return CompanyForm(
        name=company.name,
        slug=company.slug,
        currency=company.currency,
        time_zone=company.time_zone,
        locale=company.locale,
        vip=company.vip,
        price_list_id=company.price_list_id,
        parent=parent,
        street=company.street,
        city=company.city,
        region=company.region,
        postcode=company.postcode,
        country=company.country,
        syncro_id=company.syncro_id or "",
        xero_id=company.xero_id or "",
        entra_tenant_id=company.entra_tenant_id or "",
        version=company.version,
    )
