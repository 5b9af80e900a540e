"""The rooms of custom roles: a company's own, and the MSP's for every company."""

from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from adapters.http.forms import Filled, Form
from adapters.http.pages.rights.views import ticked
from adapters.http.pages.roles.views import (
    CustomRoleForm,
    RoleFormView,
    RolesView,
    role_of,
    system_roles,
)
from adapters.http.screen import Screen
from adapters.http.shell import Crumb
from portal_core.companies.roles import RoleService
from portal_core.companies.standing import RoleUse
from portal_core.errors import Conflict, Forbidden, Invalid, NotFound
from portal_core.identity.actor import Actor
from portal_core.identity.permissions import IN_COMPANY, Permission
from portal_core.ids import CompanyId, RoleId

ADMIN = "/admin/settings/roles"


class _Room:
    """The roles of one company, or without one those of the MSP."""

    def __init__(self, screen: Screen, actor: Actor, roles: RoleService) -> None:
        self._screen = screen
        self._actor = actor
        self._roles = roles
        self._company = screen.visit.company
        self.company_id: CompanyId | None = self._company.id if self._company else None
        self.here = ADMIN if self._company is None else screen.room("settings/roles")

    async def list(self) -> Template:
        """Show all that people can be."""
        found = await self._roles.usable(self._actor, self.company_id)
        name = self._company.name if self._company else ""
        view = RolesView(
            title=f"Roles of {name}" if name else "Roles for every company",
            lead="Besides those that every company has, put together what you need.",
            here=self.here,
            custom=tuple(
                role_of(role, self.here, own=role.company_id == self.company_id)
                for role in found
            ),
            system=system_roles(),
        )
        return await self._screen.show(
            "pages/roles/roles.html", view, crumbs=(*self._way(), Crumb("Roles"))
        )

    async def form(
        self, filled: Filled[CustomRoleForm], role: RoleUse | None = None
    ) -> Template:
        """Show the form of a role, or of a new one."""
        self._actor.require(Permission.MANAGE_ROLES)
        title = role.name if role else "New role"
        view = RoleFormView(
            filled=filled,
            title=title,
            action=f"{self.here}/{role.id}" if role else self.here,
            back=self.here,
            groups=ticked(
                {*filled.values("permissions"), Permission.SEE_COMPANY.value},
                barred=(IN_COMPANY - self._actor.grantable) | {Permission.SEE_COMPANY},
            ),
            members=role.members if role else None,
        )
        crumbs = (*self._way(), Crumb("Roles", self.here), Crumb(title))
        return await self._screen.show(
            "pages/roles/role.html", view, crumbs=crumbs, status=filled.status
        )

    async def find(self, role_id: UUID) -> RoleUse:
        """Return the room's own role. Raises NotFound."""
        for role in await self._roles.usable(self._actor, self.company_id):
            if role.id == role_id and role.company_id == self.company_id:
                return role
        raise NotFound("There is no such role.")

    async def create(self, data: Filled[CustomRoleForm]) -> Template | Redirect:
        """Add a role, or say what is wrong with it."""
        try:
            form = data.fields
            await self._roles.create(
                self._actor,
                self.company_id,
                name=form.name,
                permissions=form.permissions,
            )
        except (Invalid, Conflict, Forbidden) as refusal:
            return await self.form(data.refused(refusal))
        return self._screen.go(self.here, "role-created")

    async def save(
        self, role_id: UUID, data: Filled[CustomRoleForm]
    ) -> Template | Redirect:
        """Change a role, or say what is wrong with that."""
        role = await self.find(role_id)
        try:
            form = data.fields
            await self._roles.change(
                self._actor,
                self.company_id,
                role.id,
                name=form.name,
                permissions=form.permissions,
                version=form.version,
            )
        except (Invalid, Conflict, Forbidden) as refusal:
            return await self.form(data.refused(refusal), role)
        return self._screen.go(self.here, "role-saved")

    async def remove(self, role_id: UUID) -> Template | Redirect:
        """Remove a role, or say why it stays."""
        role = await self.find(role_id)
        try:
            await self._roles.remove(self._actor, self.company_id, RoleId(role_id))
        except Conflict as refusal:
            filled = Filled.of(_form(role)).refused(refusal)
            return await self.form(filled, role)
        return self._screen.go(self.here, "role-removed")

    async def edit(self, role_id: UUID) -> Template:
        """Show the form of a role."""
        role = await self.find(role_id)
        return await self.form(Filled.of(_form(role)), role)

    def _way(self) -> tuple[Crumb, ...]:
        if self._company is None:
            return (Crumb("Settings", "/admin/settings"),)
        return (Crumb("People", self._screen.room("settings/people")),)


def _form(role: RoleUse) -> CustomRoleForm:
    return CustomRoleForm(
        name=role.name, permissions=role.permissions, version=role.version
    )


class RolePages(Controller):
    """A company's own roles."""

    path = "/c/{company:str}/settings/roles"

    @get()
    async def list(
        self,
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        roles: NamedDependency[RoleService],
    ) -> Template:
        """List the roles."""
        return await _Room(screen, actor, roles).list()

    @get("/new")
    async def new(
        self,
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        roles: NamedDependency[RoleService],
    ) -> Template:
        """Show an empty form."""
        return await _Room(screen, actor, roles).form(Filled.of(CustomRoleForm()))

    @post()
    async def create(
        self,
        data: Form[CustomRoleForm],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        roles: NamedDependency[RoleService],
    ) -> Template | Redirect:
        """Add a role."""
        return await _Room(screen, actor, roles).create(data)

    @get("/{role_id:uuid}")
    async def show(
        self,
        role_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        roles: NamedDependency[RoleService],
    ) -> Template:
        """Show a role."""
        return await _Room(screen, actor, roles).edit(role_id)

    @post("/{role_id:uuid}")
    async def save(
        self,
        role_id: FromPath[UUID],
        data: Form[CustomRoleForm],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        roles: NamedDependency[RoleService],
    ) -> Template | Redirect:
        """Change a role."""
        return await _Room(screen, actor, roles).save(role_id, data)

    @post("/{role_id:uuid}/remove")
    async def remove(
        self,
        role_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        roles: NamedDependency[RoleService],
    ) -> Template | Redirect:
        """Remove a role."""
        return await _Room(screen, actor, roles).remove(role_id)


class MspRolePages(RolePages):
    """The MSP's roles, which every company can use."""

    path = ADMIN
