"""Custom roles as templates read them."""

from collections.abc import Collection

from msgspec import Struct

from adapters.http.forms import Filled
from adapters.http.pages.rights.views import ChoiceView, columns, label_of
from portal_core.companies.standing import RoleUse
from portal_core.identity.permissions import ROLE_NAMES, ROLES, Permission


class CustomRoleForm(Struct, frozen=True, kw_only=True):
    """What the form of a role sends."""

    name: str = ""
    permissions: tuple[Permission, ...] = ()
    version: int = 1


class RoleView(Struct, frozen=True, kw_only=True):
    """A custom role in the list. `href` is blank where it can't be changed."""

    name: str
    href: str
    members: int
    allows: str


class RolesView(Struct, frozen=True, kw_only=True):
    """What the list of roles reads. `system` are the names of the others, and what for."""

    title: str
    lead: str
    here: str
    custom: tuple[RoleView, ...]
    system: tuple[tuple[str, str], ...]


class RoleFormView(Struct, frozen=True, kw_only=True):
    """What the form of a role reads. `members` is how many have it; None before it is."""

    filled: Filled[CustomRoleForm]
    title: str
    action: str
    back: str
    groups: tuple[tuple[str, tuple[ChoiceView, ...]], ...]
    members: int | None = None


def role_of(role: RoleUse, here: str, *, own: bool) -> RoleView:
    """Return the role as a row."""
    return RoleView(
        name=role.name,
        href=f"{here}/{role.id}" if own else "",
        members=role.members,
        allows=_listed(role.permissions),
    )


def system_roles() -> tuple[tuple[str, str], ...]:
    """Return the roles that are in every company, and what each allows."""
    return tuple((ROLE_NAMES[role], _listed(allowed)) for role, allowed in ROLES.items())


def _listed(permissions: Collection[Permission]) -> str:
    return ", ".join(label_of(each) for each in columns() if each in permissions)
