"""Permissions as templates read them."""

from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct

from adapters.http.addresses import Address
from adapters.http.forms import Filled
from portal_core.companies.model import Member
from portal_core.companies.standing import Standing
from portal_core.errors import Problem
from portal_core.identity.permissions import (
    SENTENCES,
    Permission,
    StaffScope,
)

GROUPS: Mapping[str, tuple[Permission, ...]] = {
    "Shop": (
        Permission.SHOP,
        Permission.PLACE_ORDERS,
        Permission.APPROVE_ORDERS,
        Permission.SEE_ORDERS,
        Permission.CANCEL_ORDERS,
    ),
    "Staff and services": (
        Permission.SEE_INVOICES,
        Permission.SEE_STAFF,
        Permission.MANAGE_STAFF,
        Permission.SEE_LICENCES,
        Permission.ORDER_LICENCES,
        Permission.MANAGE_GROUPS,
        Permission.SEE_ASSETS,
        Permission.MANAGE_FORMS,
    ),
    "Company": (
        Permission.SEE_COMPANY,
        Permission.MANAGE_COMPANY,
        Permission.MANAGE_MEMBERS,
        Permission.MANAGE_ROLES,
        Permission.MANAGE_OWNERS,
        Permission.SEE_AUDIT,
    ),
}
"""Everything that can be allowed in a company, as pages put it together."""

SCOPES: Mapping[StaffScope, str] = {
    StaffScope.OWN_DEPARTMENT: "Their own department",
    StaffScope.OWN_AND_UNASSIGNED: "Their own department, and who is in none",
    StaffScope.COMPANY: "The whole company",
}


class AllowForm(Struct, frozen=True, kw_only=True):
    """What a toggle sends. `back` is the page that it stands on, if another."""

    permission: Permission
    allowed: bool = False
    back: str = ""


class ScopeForm(Struct, frozen=True, kw_only=True):
    """What “Which staff” sends."""

    staff_scope: StaffScope


class CeilingForm(Struct, frozen=True, kw_only=True):
    """What the MSP keeps from a company."""

    closed: tuple[Permission, ...] = ()
    version: int = 1


class RightView(Struct, frozen=True, kw_only=True):
    """Whether somebody may do one thing, and why. `open` is whether that can be changed."""

    value: str
    label: str
    sentence: str
    allowed: bool
    why: str
    open: bool


class GroupView(Struct, frozen=True):
    """Rights that belong together."""

    title: str
    rights: tuple[RightView, ...]


class AccessView(Struct, frozen=True, kw_only=True):
    """What the page of one person's rights reads. `here` is where they are changed."""

    name: str
    role: str
    here: str
    groups: tuple[GroupView, ...]
    scopes: tuple[tuple[str, str], ...]
    scope: str
    problems: tuple[Problem, ...] = ()


class PersonView(Struct, frozen=True, kw_only=True):
    """A row of the matrix."""

    name: str
    role: str
    here: str
    rights: tuple[RightView, ...]


class MatrixView(Struct, frozen=True, kw_only=True):
    """What the matrix reads. `columns` are the rights, each with its sentence."""

    address: Address
    columns: tuple[tuple[str, str], ...]
    people: tuple[PersonView, ...]
    prev: str | None
    next: str | None


class ChoiceView(Struct, frozen=True, kw_only=True):
    """A permission to tick."""

    value: str
    label: str
    sentence: str
    chosen: bool
    open: bool


class CeilingView(Struct, frozen=True, kw_only=True):
    """What the page of a company's ceiling reads."""

    filled: Filled[CeilingForm]
    name: str
    action: str
    back: str
    groups: tuple[tuple[str, tuple[ChoiceView, ...]], ...]


def label_of(permission: Permission) -> str:
    """Return the permission in two or three words."""
    return permission.value.replace("-", " ").capitalize()


def groups_of(
    standing: Standing, grantable: Collection[Permission]
) -> tuple[GroupView, ...]:
    """Return what the standing allows, and which of it the reader may change."""
    mine = standing.assignment is not None and standing.permissions <= {*grantable}
    return tuple(
        GroupView(
            title,
            tuple(_right(standing, each, grantable, mine=mine) for each in permissions),
        )
        for title, permissions in GROUPS.items()
    )


def person_of(
    member: Member,
    room: str,
    closed: tuple[Permission, ...],
    grantable: Collection[Permission],
) -> PersonView:
    """Return the member as a row of the matrix."""
    standing = Standing(
        assignment=member,
        custom_name=member.custom_role_name,
        custom_permissions=member.custom_permissions,
        closed=closed,
    )
    groups = groups_of(standing, grantable)
    return PersonView(
        name=member.user_name,
        role=member.role_name,
        here=f"{room}/{member.user_id}",
        rights=tuple(right for group in groups for right in group.rights),
    )


def ticked(
    chosen: Collection[str], *, barred: Collection[Permission] = ()
) -> tuple[tuple[str, tuple[ChoiceView, ...]], ...]:
    """Return all permissions in groups, to be ticked; the barred ones can't be."""
    return tuple(
        (
            title,
            tuple(
                ChoiceView(
                    value=each.value,
                    label=label_of(each),
                    sentence=SENTENCES[each],
                    chosen=each.value in chosen,
                    open=each not in barred,
                )
                for each in permissions
            ),
        )
        for title, permissions in GROUPS.items()
    )


def scopes() -> tuple[tuple[str, str], ...]:
    """Return which staff rights can be about, for a choice."""
    return tuple((scope.value, label) for scope, label in SCOPES.items())


def columns() -> Sequence[Permission]:
    """Return the columns of the matrix."""
    return [each for permissions in GROUPS.values() for each in permissions]


def _right(
    standing: Standing,
    permission: Permission,
    grantable: Collection[Permission],
    *,
    mine: bool,
) -> RightView:
    decision = standing.decide(permission)
    free = permission in grantable and permission not in standing.closed
    return RightView(
        value=permission.value,
        label=label_of(permission),
        sentence=SENTENCES[permission],
        allowed=decision.allowed,
        why=decision.why,
        open=mine and free,
    )
