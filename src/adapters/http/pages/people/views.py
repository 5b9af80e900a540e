"""People in companies as templates read them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from adapters.http.addresses import Address
from portal_core.companies.model import Member
from portal_core.companies.standing import CustomRole, GrantedTechnician
from portal_core.errors import Invalid, PortalError, Problem
from portal_core.identity.permissions import ROLE_NAMES, Role
from portal_core.ids import RoleId
from portal_core.paging import Total

_NOTES: Mapping[Role, str] = {
    Role.OWNER: "Everything in the company, and says who else is an owner.",
    Role.ADMINISTRATOR: "Everything in the company, but for making owners.",
    Role.BUYER: "Shops, places orders and follows them.",
    Role.APPROVER: "Sees the shop and approves what others want to order.",
    Role.FINANCE: "Sees orders, invoices and licences.",
    Role.STAFF_MANAGER: "Adds and changes staff, their licences and groups.",
    Role.MEMBER: "Sees the company’s home, and no prices.",
}


class RoleForm(Struct, frozen=True, kw_only=True):
    """What “Change role” sends: one of the roles, or the id of a custom one."""

    role: str

    @property
    def chosen(self) -> tuple[Role, RoleId | None]:
        """The role, and which custom one. Raises Invalid."""
        return chosen(self.role)


class MemberView(Struct, frozen=True, kw_only=True):
    """Somebody in a company. `here` is where their role is changed."""

    id: str
    name: str
    email: str
    disabled: bool
    role: str
    role_label: str
    here: str
    exceptions: int = 0
    href: str = ""
    is_self: bool = False


class TechnicianView(Struct, frozen=True, kw_only=True):
    """One of the MSP's technicians who may help. `here` is where that is ended."""

    id: str
    name: str
    reason: str
    granted_by: str
    ends_at: datetime
    here: str


class PeopleView(Struct, frozen=True, kw_only=True):
    """What the page of a company's people reads."""

    members: tuple[MemberView, ...]
    technicians: tuple[TechnicianView, ...]
    address: Address
    total: Total | None
    prev: str | None
    next: str | None
    room: str
    roles: tuple[tuple[str, str], ...]
    notes: tuple[tuple[str, str], ...]
    problems: tuple[Problem, ...] = ()


def member_of(
    member: Member, room: str, *, href: str = "", me: object = None
) -> MemberView:
    """Return the member as a row that is changed below `room`."""
    return MemberView(
        id=str(member.user_id),
        name=member.user_name,
        email=member.email,
        disabled=member.disabled,
        role=str(member.custom_role_id or member.role.value),
        role_label=member.role_name,
        exceptions=len(member.given) + len(member.withheld),
        here=f"{room}/{member.user_id}",
        href=href,
        is_self=member.user_id == me,
    )


def technician_of(grant: GrantedTechnician, room: str) -> TechnicianView:
    """Return the technician as a row."""
    return TechnicianView(
        id=str(grant.user_id),
        name=grant.user_name,
        reason=grant.reason,
        granted_by=grant.granted_by,
        ends_at=grant.ends_at,
        here=f"{room}/{grant.user_id}",
    )


def chosen(role: str) -> tuple[Role, RoleId | None]:
    """Return what a choice of a role means: the role, and which custom one.

    Raises Invalid.
    """
    try:
        if role in set(Role):
            return Role(role), None
        return Role.CUSTOM, RoleId(UUID(role))
    except ValueError as error:
        raise Invalid("Choose from the list.", field="role") from error


def roles(custom: Iterable[CustomRole] = ()) -> tuple[tuple[str, str], ...]:
    """Return every role with its name, for a choice."""
    ours = tuple((role.value, ROLE_NAMES[role]) for role in _NOTES)
    return ours + tuple((str(role.id), role.name) for role in custom)


def roles_explained() -> tuple[tuple[str, str, str], ...]:
    """Return every role with its name and what it may do, for radio buttons."""
    return tuple((role.value, ROLE_NAMES[role], note) for role, note in _NOTES.items())


def notes() -> tuple[tuple[str, str], ...]:
    """Return the name of every role and what it may do."""
    return tuple((ROLE_NAMES[role], note) for role, note in _NOTES.items())


def problems_of(refusal: PortalError) -> Sequence[Problem]:
    """Return what a refusal says, for the top of a page that has no form to say it in."""
    return refusal.problems or (Problem("", refusal.message, refusal.code),)
