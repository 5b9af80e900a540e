"""Companies and memberships."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from portal_core.errors import Invalid, Problem
from portal_core.identity.permissions import ROLE_NAMES, Permission, Role, StaffScope
from portal_core.identity.policy import SignInPolicy
from portal_core.ids import CompanyId, PriceListId, RoleId, UserId, new_id

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_CURRENCY = re.compile(r"[A-Z]{3}")
_RESERVED = frozenset({"new"})  # in addresses, it is where a company is added
_LONGEST_SLUG = 40
_LONGEST_NAME = 120


class CompanyDetails(Struct, frozen=True, kw_only=True):
    """What an administrator writes about a company."""

    name: str
    slug: str
    currency: str
    time_zone: str
    price_list_id: PriceListId | None = None

    def checked(self) -> "CompanyDetails":
        """Return the details, tidied. Raises Invalid that names every broken field."""
        name = " ".join(self.name.split())
        slug = self.slug.strip().lower()
        currency = self.currency.strip().upper()
        problems = [
            *_broken("name", 0 < len(name) <= _LONGEST_NAME, "Enter a name, 120 at most."),
            *_broken("slug", _good_slug(slug), "Use letters, digits and single hyphens."),
            *_broken(
                "currency", bool(_CURRENCY.fullmatch(currency)), "Such as AUD or EUR."
            ),
            *_broken(
                "time_zone",
                _known_zone(self.time_zone.strip()),
                "Choose a time zone, such as Australia/Sydney.",
            ),
        ]
        if problems:
            raise Invalid.of(problems)
        return CompanyDetails(
            name=name,
            slug=slug,
            currency=currency,
            time_zone=self.time_zone.strip(),
            price_list_id=self.price_list_id,
        )


class Company(Struct, frozen=True, kw_only=True):
    """A client of the MSP. The slug is its name in addresses, and unique.

    `closed` is what the MSP keeps from all of the company's people, whatever their roles.
    """

    id: CompanyId
    name: str
    slug: str
    currency: str
    time_zone: str
    price_list_id: PriceListId | None = None
    sign_in: SignInPolicy = SignInPolicy()
    closed: tuple[Permission, ...] = ()
    created_at: datetime
    version: int = 1

    @classmethod
    def create(cls, details: CompanyDetails, *, at: datetime) -> "Company":
        """Return a new company with the (checked) details."""
        return cls(
            id=CompanyId(new_id()),
            name=details.name,
            slug=details.slug,
            currency=details.currency,
            time_zone=details.time_zone,
            price_list_id=details.price_list_id,
            created_at=at,
        )


class Assignment(Struct, frozen=True, kw_only=True):
    """What somebody is in a company.

    A custom role has an id. `given` is allowed besides the role, `withheld` is not allowed
    in spite of it, and `staff_scope` says which staff their rights on staff are about.
    """

    role: Role
    custom_role_id: RoleId | None = None
    given: tuple[Permission, ...] = ()
    withheld: tuple[Permission, ...] = ()
    staff_scope: StaffScope = StaffScope.COMPANY


class Membership(Assignment, frozen=True, kw_only=True):
    """A user in a company, with a role."""

    user_id: UserId
    company_id: CompanyId
    since: datetime


class Member(Assignment, frozen=True, kw_only=True):
    """A membership as a list shows it, from either side, with its custom role if any."""

    user_id: UserId
    user_name: str
    email: str
    disabled: bool
    company_id: CompanyId
    company_name: str
    company_slug: str
    custom_role_name: str | None = None
    custom_permissions: tuple[Permission, ...] | None = None

    @property
    def role_name(self) -> str:
        """The role in words."""
        return self.custom_role_name or ROLE_NAMES[self.role]


class CompanySummary(Struct, frozen=True, kw_only=True):
    """A company as a list shows it."""

    id: CompanyId
    name: str
    slug: str
    currency: str
    members: int
    created_at: datetime


class CompanyName(Struct, frozen=True):
    """A company as the switcher shows it."""

    slug: str
    name: str


def slug_of(name: str) -> str:
    """Return a slug made of the letters and digits of the name."""
    return "-".join(re.findall(r"[a-z0-9]+", name.lower()))[:_LONGEST_SLUG].strip("-")


def _good_slug(slug: str) -> bool:
    fits = len(slug) <= _LONGEST_SLUG and bool(_SLUG.fullmatch(slug))
    return fits and slug not in _RESERVED


def _known_zone(name: str) -> bool:
    try:
        return bool(ZoneInfo(name).key)
    except (ValueError, LookupError, OSError):
        return False


def _broken(field: str, good: bool, message: str) -> list[Problem]:  # noqa: FBT001 - a private table row
    return [] if good else [Problem(field, message)]
