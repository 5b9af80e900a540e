"""Facts about companies and memberships."""

from datetime import datetime
from uuid import UUID

from portal_core.companies.variable import VariableKind
from portal_core.events import Event
from portal_core.identity.permissions import MspRole, Permission, Role, StaffScope
from portal_core.ids import CompanyId, RoleId, UserId


class CompanyCreated(Event, frozen=True, kw_only=True, tag="company.created"):
    """A client company was added."""

    company_id: CompanyId
    name: str
    slug: str

    @property
    def subject_id(self) -> UUID:
        return self.company_id


class CompanyUpdated(Event, frozen=True, kw_only=True, tag="company.updated"):
    """A company's details were changed."""

    company_id: CompanyId
    changed: tuple[str, ...]

    @property
    def subject_id(self) -> UUID:
        return self.company_id


class CompanyArchived(Event, frozen=True, kw_only=True, tag="company.archived"):
    """A company became history: nobody of it comes in any more."""

    company_id: CompanyId
    reason: str

    @property
    def subject_id(self) -> UUID:
        return self.company_id


class CompanyRestored(Event, frozen=True, kw_only=True, tag="company.restored"):
    """An archived company is a client again."""

    company_id: CompanyId

    @property
    def subject_id(self) -> UUID:
        return self.company_id


class CompanyDeleted(Event, frozen=True, kw_only=True, tag="company.deleted"):
    """A company that never ordered is gone, with all that was its own."""

    company_id: CompanyId
    name: str
    slug: str

    @property
    def subject_id(self) -> UUID:
        return self.company_id


class VariableSet(Event, frozen=True, kw_only=True, tag="variable.set"):
    """A variable of a company has a value, new or in place of another. It is not told."""

    company_id: CompanyId
    name: str
    kind: VariableKind

    @property
    def subject_id(self) -> UUID:
        return self.company_id


class VariableRemoved(Event, frozen=True, kw_only=True, tag="variable.removed"):
    """A company has no variable of this name any more."""

    company_id: CompanyId
    name: str

    @property
    def subject_id(self) -> UUID:
        return self.company_id


class MembershipGranted(Event, frozen=True, kw_only=True, tag="membership.granted"):
    """A user got a role in a company, new or in place of another."""

    user_id: UserId
    company_id: CompanyId
    role: Role
    previous_role: Role | None = None
    custom_role: str | None = None
    given: tuple[Permission, ...] = ()
    withheld: tuple[Permission, ...] = ()
    staff_scope: StaffScope = StaffScope.COMPANY

    @property
    def subject_id(self) -> UUID:
        return self.user_id


class MembershipRefused(Event, frozen=True, kw_only=True, tag="membership.refused"):
    """Somebody tried to change a user's rights beyond their own."""

    user_id: UserId
    company_id: CompanyId
    reason: str

    @property
    def subject_id(self) -> UUID:
        return self.user_id


class RoleCreated(Event, frozen=True, kw_only=True, tag="role.created"):
    """There is another custom role; without a company, for all of them."""

    role_id: RoleId
    name: str
    permissions: tuple[Permission, ...]

    @property
    def subject_id(self) -> UUID:
        return self.role_id


class RoleUpdated(Event, frozen=True, kw_only=True, tag="role.updated"):
    """A custom role has another name, or allows something else."""

    role_id: RoleId
    name: str
    permissions: tuple[Permission, ...]

    @property
    def subject_id(self) -> UUID:
        return self.role_id


class RoleRemoved(Event, frozen=True, kw_only=True, tag="role.removed"):
    """A custom role that nobody had is gone."""

    role_id: RoleId
    name: str

    @property
    def subject_id(self) -> UUID:
        return self.role_id


class MspRoleChanged(Event, frozen=True, kw_only=True, tag="user.msp_role_changed"):
    """A user became one of the MSP's people, is another of them, or is none any more."""

    user_id: UserId
    msp_role: MspRole | None
    previous_role: MspRole | None

    @property
    def subject_id(self) -> UUID:
        return self.user_id


class TechnicianGranted(Event, frozen=True, kw_only=True, tag="technician.granted"):
    """A technician may help in a company, till a moment."""

    user_id: UserId
    company_id: CompanyId
    reason: str
    ends_at: datetime

    @property
    def subject_id(self) -> UUID:
        return self.user_id


class TechnicianRevoked(Event, frozen=True, kw_only=True, tag="technician.revoked"):
    """A technician may not help in a company any more."""

    user_id: UserId
    company_id: CompanyId

    @property
    def subject_id(self) -> UUID:
        return self.user_id


class MembershipRevoked(Event, frozen=True, kw_only=True, tag="membership.revoked"):
    """A user no longer belongs to a company."""

    user_id: UserId
    company_id: CompanyId
    role: Role

    @property
    def subject_id(self) -> UUID:
        return self.user_id


class SettingsChanged(Event, frozen=True, kw_only=True, tag="settings.changed"):
    """The MSP's settings were changed. Names the fields, never their values."""

    changed: tuple[str, ...]
