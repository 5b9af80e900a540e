"""The room in which a company's administrator looks after its people."""

from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from adapters.http.errors import STATUS
from adapters.http.forms import Form
from adapters.http.pages.people.views import (
    PeopleView,
    RoleForm,
    member_of,
    notes,
    problems_of,
    roles,
)
from adapters.http.screen import Screen
from adapters.http.shell import Crumb
from portal_core.companies.memberships import MembershipService
from portal_core.errors import Conflict, Forbidden, Invalid, PortalError
from portal_core.identity.actor import Actor
from portal_core.ids import UserId

ROOM = "settings/people"


class PeoplePages(Controller):
    """The people of a company."""

    path = "/c/{company:str}/settings/people"

    @get()
    async def list(
        self,
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        memberships: NamedDependency[MembershipService],
    ) -> Template:
        """List the company's people."""
        return await _show(screen, actor, memberships)

    @post("/{user_id:uuid}")
    async def change(
        self,
        user_id: FromPath[UUID],
        data: Form[RoleForm],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        memberships: NamedDependency[MembershipService],
    ) -> Template | Redirect:
        """Give somebody another role."""
        try:
            role = data.fields.role
            await memberships.grant(actor, actor.company, UserId(user_id), role)
        except (Invalid, Conflict, Forbidden) as refusal:
            return await _show(screen, actor, memberships, refusal)
        return _back(screen, user_id, "role-changed")

    @post("/{user_id:uuid}/remove")
    async def remove(
        self,
        user_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        memberships: NamedDependency[MembershipService],
    ) -> Template | Redirect:
        """Take somebody out of the company."""
        try:
            await memberships.revoke(actor, actor.company, UserId(user_id))
        except (Conflict, Forbidden) as refusal:
            return await _show(screen, actor, memberships, refusal)
        return _back(screen, user_id, "member-removed")


def _back(screen: Screen, user_id: UUID, told: str) -> Redirect:
    """Go back to the list, unless people have just shown themselves out of it."""
    oneself = screen.visit.actor.id == user_id and not screen.visit.actor.is_msp
    return screen.go("/" if oneself else screen.room(ROOM), told)


async def _show(
    screen: Screen,
    actor: Actor,
    memberships: MembershipService,
    refusal: PortalError | None = None,
) -> Template:
    members = await memberships.of_company(actor, actor.company)
    room = screen.room(ROOM)
    view = PeopleView(
        members=tuple(member_of(member, room, me=actor.id) for member in members),
        roles=roles(),
        notes=notes(),
        problems=tuple(problems_of(refusal)) if refusal else (),
    )
    return await screen.show(
        "pages/people/people.html",
        view,
        crumbs=(Crumb("People"),),
        status=STATUS[type(refusal)] if refusal else 200,
    )
