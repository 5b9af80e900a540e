"""Users as their templates read them."""

from datetime import datetime

from msgspec import Struct

from adapters.http.addresses import Address
from adapters.http.forms import Filled
from portal_core.companies.model import Member
from portal_core.identity.model import User
from portal_core.identity.permissions import Role

DESK = "/admin/users"


class NewForm(Struct, frozen=True, kw_only=True):
    """What the form of a new user sends. `company` is a short name, or blank for none.

    Without a password they are invited by mail.
    """

    name: str = ""
    email: str = ""
    password: str | None = None
    is_msp: bool = False
    company: str = ""
    role: str = Role.BUYER.value


class UserForm(Struct, frozen=True, kw_only=True):
    """What the form of a user sends."""

    name: str = ""
    email: str = ""
    version: int = 0


class MembershipForm(Struct, frozen=True, kw_only=True):
    """What “Add to a company” sends."""

    company: str = ""
    role: str = Role.BUYER.value


class PasswordForm(Struct, frozen=True, kw_only=True):
    """What “Set password” sends."""

    password: str = ""


class RowView(Struct, frozen=True, kw_only=True):
    """A user in the list."""

    name: str
    email: str
    href: str
    is_msp: bool
    disabled: bool
    signed_in_at: datetime | None


class ListView(Struct, frozen=True, kw_only=True):
    """What the list of users reads."""

    address: Address
    rows: tuple[RowView, ...]
    prev: str | None
    next: str | None


class NewView(Struct, frozen=True, kw_only=True):
    """What the form of a new user reads."""

    filled: Filled[NewForm]
    companies: tuple[tuple[str, str], ...]
    roles: tuple[tuple[str, str, str], ...]


class MembershipView(Struct, frozen=True, kw_only=True):
    """A company that the user belongs to. `here` is where their role is changed."""

    id: str
    company: str
    href: str
    role: str
    role_label: str
    access: str
    here: str


class UserView(Struct, frozen=True, kw_only=True):
    """What the page of a user reads."""

    here: str
    name: str
    email: str
    msp_role: str
    is_self: bool
    disabled: bool
    created_at: datetime
    signed_in_at: datetime | None
    filled: Filled[UserForm]
    joining: Filled[MembershipForm]
    password: Filled[PasswordForm]
    memberships: tuple[MembershipView, ...]
    companies: tuple[tuple[str, str], ...]
    roles: tuple[tuple[str, str], ...]


def row_of(user: User) -> RowView:
    """Return the user as a row that links to their page."""
    return RowView(
        name=user.name,
        email=user.email,
        href=f"{DESK}/{user.id}",
        is_msp=user.msp_role is not None,
        disabled=user.disabled,
        signed_in_at=user.signed_in_at,
    )


def membership_of(member: Member) -> MembershipView:
    """Return the membership as seen from the user's side."""
    return MembershipView(
        id=str(member.company_id),
        company=member.company_name,
        href=f"/admin/companies/{member.company_slug}",
        role=str(member.custom_role_id or member.role.value),
        role_label=member.role_name,
        access=f"/c/{member.company_slug}/settings/people/{member.user_id}/access",
        here=f"{DESK}/{member.user_id}/companies/{member.company_slug}",
    )
