"""Companies and memberships."""

import re
from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import asdict, replace

from portal_core.errors import Invalid, Problem
from portal_core.identity.permissions import ROLE_NAMES, Permission, Role, StaffScope
from portal_core.identity.policy import SignInPolicy
from portal_core.ids import CompanyId, PriceListId, RoleId, UserId, new_id

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_CURRENCY = re.compile(r"[A-Z]{3}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_LOCALE = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?")
_TENANT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_RESERVED = frozenset({"new"})  # in addresses, it is where a company is added
_LONGEST_SLUG = 40
_LONGEST_NAME = 120
_LONGEST = {
    "street": 200,
    "city": 100,
    "region": 100,
    "postcode": 20,
    "syncro_id": 60,
    "xero_id": 60,
}


class CompanyDetails(Struct, frozen=True, kw_only=True):
    """What an administrator writes about a company.

    `vip` marks those who are served first; `locale` is a language such as `en-AU`, and
    `country` two letters (ISO 3166). The ids are those under which other systems know it.
    """

    name: str
    slug: str
    currency: str
    time_zone: str
    locale: str = "en"
    vip: bool = False
    price_list_id: PriceListId | None = None
    parent_id: CompanyId | None = None
    street: str = ""
    city: str = ""
    region: str = ""
    postcode: str = ""
    country: str = ""
    syncro_id: str | None = None
    xero_id: str | None = None
    entra_tenant_id: str | None = None

    def checked(self) -> "CompanyDetails":
        """Return the details, tidied. Raises Invalid that names every broken field."""
        tidy = {field: _tidy(getattr(self, field)) for field in _TEXTS}
        ids = {field: _tidy(getattr(self, field) or "") or None for field in EXTERNAL_IDS}
        details = replace(
            self,
            **tidy,
            **ids,
            slug=self.slug.strip().lower(),
            currency=self.currency.strip().upper(),
            country=self.country.strip().upper(),
        )
        if problems := _problems(details):
            raise Invalid.of(problems)
        return details


EXTERNAL_IDS: Mapping[str, str] = {
    "syncro_id": "Syncro id",
    "xero_id": "Xero id",
    "entra_tenant_id": "Entra tenant",
}
"""The fields that name a company elsewhere, each of them one company only."""

_TEXTS = ("name", "time_zone", "locale", "street", "city", "region", "postcode")


class Company(CompanyDetails, frozen=True, kw_only=True):
    """A client of the MSP. The slug is its name in addresses, and unique.

    `closed` is what the MSP keeps from all of the company's people, whatever their roles.
    An archived company is history that only the MSP reads.
    """

    id: CompanyId
    sign_in: SignInPolicy = SignInPolicy()
    closed: tuple[Permission, ...] = ()
    archived_at: datetime | None = None
    archive_reason: str = ""
    created_at: datetime
    version: int = 1

    @classmethod
    def create(cls, details: CompanyDetails, *, at: datetime) -> "Company":
        """Return a new company with the (checked) details."""
        return cls(id=CompanyId(new_id()), created_at=at, **asdict(details))

    @property
    def archived(self) -> bool:
        """Whether it is history."""
        return self.archived_at is not None


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
    vip: bool
    archived_at: datetime | None
    created_at: datetime


class CompanyContents(Struct, frozen=True):
    """How much would go with a company, and how many orders keep it from going."""

    members: int
    keys: int
    endpoints: int
    roles: int
    orders: int


class CompanyName(Struct, frozen=True):
    """A company as the switcher shows it."""

    slug: str
    name: str


def slug_of(name: str) -> str:
    """Return a slug made of the letters and digits of the name."""
    return "-".join(re.findall(r"[a-z0-9]+", name.lower()))[:_LONGEST_SLUG].strip("-")


def _problems(details: CompanyDetails) -> list[Problem]:
    tenant = details.entra_tenant_id
    rules = (
        ("name", 0 < len(details.name) <= _LONGEST_NAME, "Enter a name, 120 at most."),
        ("slug", _good_slug(details.slug), "Use letters, digits and single hyphens."),
        ("currency", bool(_CURRENCY.fullmatch(details.currency)), "Such as AUD or EUR."),
        (
            "time_zone",
            _known_zone(details.time_zone),
            "Choose a time zone, such as Australia/Sydney.",
        ),
        ("locale", bool(_LOCALE.fullmatch(details.locale)), "Such as en, en-AU or de."),
        (
            "country",
            not details.country or bool(_COUNTRY.fullmatch(details.country)),
            "Two letters, such as AU.",
        ),
        (
            "entra_tenant_id",
            tenant is None or bool(_TENANT.fullmatch(tenant.lower())),
            "It looks like 8 letters and digits, then 4, 4, 4 and 12, with hyphens.",
        ),
        *(
            (field, len(getattr(details, field) or "") <= longest, f"At most {longest}.")
            for field, longest in _LONGEST.items()
        ),
    )
    return [Problem(field, message) for field, good, message in rules if not good]


def _tidy(text: str) -> str:
    return " ".join(text.split())


def _good_slug(slug: str) -> bool:
    fits = len(slug) <= _LONGEST_SLUG and bool(_SLUG.fullmatch(slug))
    return fits and slug not in _RESERVED


def _known_zone(name: str) -> bool:
    try:
        return bool(ZoneInfo(name).key)
    except (ValueError, LookupError, OSError):
        return False
