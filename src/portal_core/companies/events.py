"""Facts about companies and memberships."""

from uuid import UUID

from portal_core.events import Event
from portal_core.identity.permissions import Role
from portal_core.ids import CompanyId, UserId


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


class MembershipGranted(Event, frozen=True, kw_only=True, tag="membership.granted"):
    """A user got a role in a company, new or in place of another."""

    user_id: UserId
    company_id: CompanyId
    role: Role
    previous_role: Role | None = None

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
