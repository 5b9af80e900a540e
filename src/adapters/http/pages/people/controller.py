"""The room in which a company's administrator looks after its people."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from msgspec import Meta, Struct
from msgspec.structs import replace

from adapters.http.errors import STATUS
from adapters.http.forms import Form
from adapters.http.pages.people.views import (
    PeopleView,
    RoleForm,
    member_of,
    notes,
    problems_of,
    roles,
    technician_of,
)
from adapters.http.screen import Screen
from adapters.http.shell import Crumb
from portal_core.companies.memberships import MembershipService
from portal_core.companies.msp_people import MspPeopleService
from portal_core.companies.roles import RoleService
from portal_core.errors import Conflict, Forbidden, Invalid, PortalError
from portal_core.identity.actor import Actor
from portal_core.ids import UserId

ROOM = "settings/people"


class PeopleQuery(Struct, frozen=True, kw_only=True):
    """The state of the list, in its address."""

    search: Annotated[str, Meta(max_length=100)] = ""
    cursor: str = ""


class PeoplePages(Controller):
    """The people of a company."""

    path = "/c/{company:str}/settings/people"

    @get()
    async def list(
        self,
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        memberships: NamedDependency[MembershipService],
        msp_people: NamedDependency[MspPeopleService],
        roles: NamedDependency[RoleService],
    ) -> Template:
        """List the company's people."""
        return await _Room(screen, actor, memberships, msp_people, roles).show()

    @post("/{user_id:uuid}")
    async def change(
        self,
        user_id: FromPath[UUID],
        data: Form[RoleForm],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        memberships: NamedDependency[MembershipService],
        msp_people: NamedDependency[MspPeopleService],
        roles: NamedDependency[RoleService],
    ) -> Template | Redirect:
        """Give somebody another role."""
        try:
            role, custom = data.fields.chosen
            await memberships.grant(actor, actor.company, UserId(user_id), role, custom)
        except (Invalid, Conflict, Forbidden) as refusal:
            room = _Room(screen, actor, memberships, msp_people, roles)
            return await room.show(refusal)
        return _back(screen, user_id, "role-changed")

    @post("/{user_id:uuid}/remove")
    async def remove(
        self,
        user_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        memberships: NamedDependency[MembershipService],
        msp_people: NamedDependency[MspPeopleService],
        roles: NamedDependency[RoleService],
    ) -> Template | Redirect:
        """Take somebody out of the company."""
        try:
            await memberships.revoke(actor, actor.company, UserId(user_id))
        except (Conflict, Forbidden) as refusal:
            room = _Room(screen, actor, memberships, msp_people, roles)
            return await room.show(refusal)
        return _back(screen, user_id, "member-removed")

    @post("/{user_id:uuid}/keep-out")
    async def keep_out(
        self,
        user_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        msp_people: NamedDependency[MspPeopleService],
    ) -> Redirect:
        """End what lets a technician of the MSP's in."""
        await msp_people.keep_out(actor, actor.company, UserId(user_id))
        return screen.go(screen.room(ROOM), "technician-out")


def _back(screen: Screen, user_id: UUID, told: str) -> Redirect:
    """Go back to the list, unless people have just shown themselves out of it."""
    oneself = screen.visit.actor.id == user_id and not screen.visit.actor.is_msp
    return screen.go("/" if oneself else screen.room(ROOM), told)


class _Room:
    """The page, with what refused the last change."""

    def __init__(
        self,
        screen: Screen,
        actor: Actor,
        memberships: MembershipService,
        msp_people: MspPeopleService,
        roles: RoleService,
    ) -> None:
        self._screen = screen
        self._actor = actor
        self._memberships = memberships
        self._msp_people = msp_people
        self._roles = roles

    async def show(self, refusal: PortalError | None = None) -> Template:
        """Show the page."""
        actor, company = self._actor, self._actor.company
        query = self._screen.query(PeopleQuery)
        search = query.search.strip()
        window = self._screen.window(query.cursor, search)
        page = await self._memberships.page(actor, company, search, window)
        technicians = await self._msp_people.technicians_in(actor, company)
        room = self._screen.room(ROOM)
        view = PeopleView(
            members=tuple(
                member_of(member, room, href=f"{room}/{member.user_id}/access", me=actor.id)
                for member in page.items
            ),
            technicians=tuple(technician_of(grant, room) for grant in technicians),
            address=replace(self._screen.address, path=room),
            total=page.total,
            prev=self._screen.cursor(page.prev, search),
            next=self._screen.cursor(page.next, search),
            room=room,
            roles=roles(await self._roles.usable(actor, company)),
            notes=notes(),
            problems=tuple(problems_of(refusal)) if refusal else (),
        )
        return await self._screen.show(
            "pages/people/people.html",
            view,
            crumbs=(Crumb("People"),),
            status=STATUS[type(refusal)] if refusal else 200,
        )
