"""People in companies as templates read them."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from portal_core.companies.model import Member
from portal_core.errors import PortalError, Problem
from portal_core.identity.permissions import Role

LABELS: Mapping[Role, str] = {
    Role.ADMINISTRATOR: "Administrator",
    Role.BUYER: "Buyer",
    Role.MEMBER: "Member",
}

_NOTES: Mapping[Role, str] = {
    Role.ADMINISTRATOR: "Orders, and manages the company’s people.",
    Role.BUYER: "Shops, places orders and follows them.",
    Role.MEMBER: "Sees the company’s home, and no prices.",
}


class RoleForm(Struct, frozen=True, kw_only=True):
    """What “Change role” sends."""

    role: Role


class MemberView(Struct, frozen=True, kw_only=True):
    """Somebody in a company. `here` is where their role is changed."""

    id: str
    name: str
    email: str
    disabled: bool
    role: str
    role_label: str
    here: str
    href: str = ""
    is_self: bool = False


class PeopleView(Struct, frozen=True, kw_only=True):
    """What the page of a company's people reads."""

    members: tuple[MemberView, ...]
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
        role=member.role.value,
        role_label=LABELS[member.role],
        here=f"{room}/{member.user_id}",
        href=href,
        is_self=member.user_id == me,
    )


def roles() -> tuple[tuple[str, str], ...]:
    """Return every role with its name, for a choice."""
    return tuple((role.value, label) for role, label in LABELS.items())


def roles_explained() -> tuple[tuple[str, str, str], ...]:
    """Return every role with its name and what it may do, for radio buttons."""
    return tuple((role.value, LABELS[role], note) for role, note in _NOTES.items())


def notes() -> tuple[tuple[str, str], ...]:
    """Return the name of every role and what it may do."""
    return tuple((LABELS[role], note) for role, note in _NOTES.items())


def problems_of(refusal: PortalError) -> Sequence[Problem]:
    """Return what a refusal says, for the top of a page that has no form to say it in."""
    return refusal.problems or (Problem("", refusal.message, refusal.code),)
