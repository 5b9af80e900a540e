"""The rooms in which it is decided who may do what, right by right."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from msgspec import Meta, Struct

from adapters.http.errors import STATUS
from adapters.http.forms import Filled, Form
from adapters.http.pages.people.views import problems_of
from adapters.http.pages.rights.views import (
    AccessView,
    AllowForm,
    CeilingForm,
    CeilingView,
    MatrixView,
    ScopeForm,
    columns,
    groups_of,
    label_of,
    person_of,
    scopes,
    ticked,
)
from adapters.http.screen import Screen
from adapters.http.shell import Crumb
from adapters.http.templating import capitalized
from portal_core.companies.companies import CompanyService
from portal_core.companies.memberships import MembershipService
from portal_core.companies.model import Company
from portal_core.companies.roles import ALWAYS_OPEN, RoleService
from portal_core.errors import Conflict, Forbidden, Invalid, PortalError
from portal_core.identity.actor import Actor
from portal_core.identity.permissions import SENTENCES
from portal_core.ids import UserId

PEOPLE = "settings/people"
COMPANIES = "/admin/companies"
_PAGE_LENGTH = 20


class MatrixQuery(Struct, frozen=True, kw_only=True):
    """Which part of the matrix, in its address."""

    search: Annotated[str, Meta(max_length=100)] = ""
    cursor: str = ""


class RightsPages(Controller):
    """What people may do in a company, and why."""

    path = "/c/{company:str}/settings/people"

    @get("/matrix")
    async def matrix(
        self,
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        memberships: NamedDependency[MembershipService],
    ) -> Template:
        """Show everybody and everything, each crossing a toggle."""
        query = screen.query(MatrixQuery)
        search, closed = query.search.strip(), screen.company.closed
        window = screen.window(query.cursor, search, limit=_PAGE_LENGTH)
        found = await memberships.page(actor, actor.company, search, window)
        room = screen.room(PEOPLE)
        view = MatrixView(
            address=screen.address,
            columns=tuple(
                (label_of(each), f"{capitalized(SENTENCES[each])}.") for each in columns()
            ),
            people=tuple(
                person_of(one, room, closed, actor.grantable) for one in found.items
            ),
            prev=screen.cursor(found.prev, search),
            next=screen.cursor(found.next, search),
        )
        crumbs = (Crumb("People", room), Crumb("Matrix"))
        return await screen.show("pages/rights/matrix.html", view, crumbs=crumbs)

    @get("/{user_id:uuid}/access")
    async def access(
        self,
        user_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        memberships: NamedDependency[MembershipService],
    ) -> Template:
        """Say of each right whether a person has it, and why."""
        return await _access(screen, actor, memberships, UserId(user_id))

    @post("/{user_id:uuid}/access")
    async def allow(
        self,
        user_id: FromPath[UUID],
        data: Form[AllowForm],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        memberships: NamedDependency[MembershipService],
    ) -> Template | Redirect:
        """Allow a person one thing more, or one less."""
        try:
            form, user = data.fields, UserId(user_id)
            await memberships.toggle(
                actor, actor.company, user, form.permission, allowed=form.allowed
            )
        except (Invalid, Conflict, Forbidden) as refusal:
            return await _access(screen, actor, memberships, UserId(user_id), refusal)
        room = screen.room(PEOPLE)
        if form.back:
            return screen.go(form.back, "right-changed")
        return screen.go(f"{room}/{user_id}/access#{form.permission}", "right-changed")

    @post("/{user_id:uuid}/scope")
    async def scope(
        self,
        user_id: FromPath[UUID],
        data: Form[ScopeForm],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        memberships: NamedDependency[MembershipService],
    ) -> Template | Redirect:
        """Say which staff a person's rights on staff are about."""
        try:
            chosen, user = data.fields.staff_scope, UserId(user_id)
            await memberships.set_staff_scope(actor, actor.company, user, chosen)
        except (Invalid, Conflict, Forbidden) as refusal:
            return await _access(screen, actor, memberships, UserId(user_id), refusal)
        return screen.go(f"{screen.room(PEOPLE)}/{user_id}/access", "right-changed")


class CeilingPages(Controller):
    """What the MSP keeps from everybody in a company."""

    path = f"{COMPANIES}/{{slug:str}}/ceiling"

    @get()
    async def show(
        self,
        slug: FromPath[str],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        companies: NamedDependency[CompanyService],
    ) -> Template:
        """Show what is kept from the company."""
        company = await companies.get_by_slug(actor, slug)
        form = CeilingForm(closed=company.closed, version=company.version)
        return await _ceiling(screen, company, Filled.of(form))

    @post()
    async def save(
        self,
        slug: FromPath[str],
        data: Form[CeilingForm],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        companies: NamedDependency[CompanyService],
        roles: NamedDependency[RoleService],
    ) -> Template | Redirect:
        """Keep something else from the company."""
        company = await companies.get_by_slug(actor, slug)
        try:
            form = data.fields
            await roles.close(actor, company.id, form.closed, version=form.version)
        except (Invalid, Conflict) as refusal:
            return await _ceiling(screen, company, data.refused(refusal))
        return screen.go(f"{COMPANIES}/{slug}/ceiling", "ceiling-saved")


async def _access(
    screen: Screen,
    actor: Actor,
    memberships: MembershipService,
    user_id: UserId,
    refusal: PortalError | None = None,
) -> Template:
    found = await memberships.explain(actor, actor.company, user_id)
    standing, named = found.standing, found.user_name
    room = screen.room(PEOPLE)
    assignment = standing.assignment
    view = AccessView(
        name=named,
        role=standing.role_name,
        here=f"{room}/{user_id}",
        groups=groups_of(standing, actor.grantable),
        scopes=scopes(),
        scope=assignment.staff_scope.value if assignment else "",
        problems=tuple(problems_of(refusal)) if refusal else (),
    )
    crumbs = (Crumb("People", room), Crumb(named))
    return await screen.show(
        "pages/rights/access.html",
        view,
        crumbs=crumbs,
        status=STATUS[type(refusal)] if refusal else 200,
    )


async def _ceiling(
    screen: Screen, company: Company, filled: Filled[CeilingForm]
) -> Template:
    desk = f"{COMPANIES}/{company.slug}"
    view = CeilingView(
        filled=filled,
        name=company.name,
        action=f"{desk}/ceiling",
        back=desk,
        groups=ticked(filled.values("closed"), barred=ALWAYS_OPEN),
    )
    crumbs = (Crumb("Companies", COMPANIES), Crumb(company.name, desk), Crumb("Ceiling"))
    return await screen.show(
        "pages/rights/ceiling.html", view, crumbs=crumbs, status=filled.status
    )
