"""What somebody may do in a company, and why: the one place where that is decided."""

from collections.abc import Collection, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from portal_core.companies.model import Assignment
from portal_core.identity.permissions import (
    IN_COMPANY,
    MSP_ONLY,
    MSP_ROLE_NAMES,
    MSP_ROLES,
    READING,
    ROLE_NAMES,
    ROLES,
    TECHNICIAN,
    MspRole,
    Permission,
    Role,
    StaffScope,
)
from portal_core.ids import CompanyId, RoleId, UserId


class CustomRole(Struct, frozen=True, kw_only=True):
    """A role that an administrator put together.

    `company_id` None is a role of the MSP's, which every company can use.
    """

    id: RoleId
    company_id: CompanyId | None
    name: str
    permissions: tuple[Permission, ...]
    created_at: datetime
    version: int = 1


class RoleUse(CustomRole, frozen=True, kw_only=True):
    """A custom role as a list shows it: how many people have it."""

    members: int


class Grant(Struct, frozen=True, kw_only=True):
    """A technician's way into one company: why, by whom, and till when."""

    user_id: UserId
    company_id: CompanyId
    reason: str
    granted_by: str
    since: datetime
    ends_at: datetime

    def alive(self, now: datetime) -> bool:
        """Return whether it still lets them in."""
        return now < self.ends_at


class GrantedCompany(Grant, frozen=True, kw_only=True):
    """A grant as the technician's page shows it."""

    company_name: str
    company_slug: str


class GrantedTechnician(Grant, frozen=True, kw_only=True):
    """A grant as the company's page shows it."""

    user_name: str


class Decision(Struct, frozen=True):
    """Whether somebody may do something, and why: a sentence."""

    permission: Permission
    allowed: bool
    why: str


class Standing(Struct, frozen=True, kw_only=True):
    """What somebody is to a company: all that deciding takes.

    `custom_name` and `custom_permissions` are of the assignment's role, if that is a custom
    one; `closed` is what the MSP keeps from all of the company's people. `archived` is
    whether the company is history.
    """

    msp_role: MspRole | None = None
    assignment: Assignment | None = None
    custom_name: str | None = None
    custom_permissions: tuple[Permission, ...] | None = None
    grant: Grant | None = None
    closed: tuple[Permission, ...] = ()
    archived: bool = False

    def at(self, now: datetime) -> "Standing":
        """Return the same without a grant that has ended."""
        over = self.grant is not None and not self.grant.alive(now)
        return replace(self, grant=None) if over else self

    @property
    def belongs(self) -> bool:
        """Whether they may enter the company at all."""
        administrates = self.msp_role is MspRole.ADMINISTRATOR
        helps = self.msp_role is MspRole.TECHNICIAN and self.grant is not None
        belongs = helps or self.assignment is not None
        return administrates or (belongs and not self.archived)

    @property
    def role_name(self) -> str:
        """What they are, in words."""
        if self.assignment is not None:
            return self.custom_name or ROLE_NAMES[self.assignment.role]
        if self.msp_role is None:
            return "Nobody here"
        return MSP_ROLE_NAMES[self.msp_role]

    @property
    def permissions(self) -> frozenset[Permission]:
        """All that they may do."""
        return frozenset(each for each in Permission if self.decide(each).allowed)

    @property
    def staff_scope(self) -> StaffScope:
        """Which staff their rights on staff are about."""
        if self.assignment is None or self.msp_role is MspRole.ADMINISTRATOR:
            return StaffScope.COMPANY
        return self.assignment.staff_scope

    def explain(self) -> Sequence[Decision]:
        """Return the decision on everything that can be allowed in a company."""
        return [self.decide(each) for each in Permission if each in IN_COMPANY]

    def decide(self, permission: Permission) -> Decision:
        """Return whether they may, and why."""
        if self.archived and permission in IN_COMPANY - READING:
            return _no(permission, "The company is archived: nothing changes there.")
        if (decision := self._at_msp(permission)) is not None:
            return decision
        if self.assignment is None:
            return _no(permission, "They do not belong to the company.")
        return self._as_member(permission, self.assignment)

    def _at_msp(self, permission: Permission) -> Decision | None:
        if self.msp_role is not None and permission in MSP_ROLES[self.msp_role]:
            return _yes(permission, "The MSP’s administrators may do everything.")
        if self.msp_role is not MspRole.TECHNICIAN or self.grant is None:
            return None
        if permission in TECHNICIAN:
            return _yes(permission, _granted(self.grant))
        return None if self.assignment else _no(permission, "Technicians never may.")

    def _as_member(self, permission: Permission, assignment: Assignment) -> Decision:
        role = self.custom_name or ROLE_NAMES[assignment.role]
        if permission in MSP_ONLY:
            return _no(permission, "Only the MSP’s own people may.")
        if permission in self.closed:
            return _no(permission, "The MSP keeps this from everybody in the company.")
        if permission in assignment.withheld:
            return _no(permission, f"It is withheld from them; their role is {role}.")
        if permission in bundle(assignment, self.custom_permissions or ()):
            return _yes(permission, f"Their role, {role}, allows it.")
        if permission in assignment.given:
            return _yes(permission, f"It is given to them, besides their role, {role}.")
        return _no(permission, f"Their role, {role}, does not allow it.")


def _yes(permission: Permission, why: str) -> Decision:
    return Decision(permission, allowed=True, why=why)


def _no(permission: Permission, why: str) -> Decision:
    return Decision(permission, allowed=False, why=why)


def bundle(assignment: Assignment, custom: Collection[Permission]) -> frozenset[Permission]:
    """Return what the role of an assignment allows; `custom` is what a custom one does."""
    if assignment.role is Role.CUSTOM:
        return IN_COMPANY.intersection(custom)
    return ROLES[assignment.role]


def _granted(grant: Grant) -> str:
    till = f"{grant.ends_at:%Y-%m-%d}"
    return f"{grant.granted_by} lets them help here until {till}: {grant.reason}"
