"""What companies need from the outside world."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from portal_core.companies.entrance import Entrance
from portal_core.companies.model import (
    Company,
    CompanyContents,
    CompanySummary,
    Member,
    Membership,
)
from portal_core.companies.portal import PortalSettings
from portal_core.companies.standing import (
    CustomRole,
    Grant,
    GrantedCompany,
    GrantedTechnician,
    RoleUse,
    Standing,
)
from portal_core.companies.variable import Variable
from portal_core.identity.ports import IdentityWork
from portal_core.ids import CompanyId, RoleId, UserId
from portal_core.paging import Page, Window


class CompanyRepository(Protocol):
    """The client companies."""

    async def add(self, company: Company) -> None:
        """Store a new company.

        Raises Conflict if its slug or an id is taken, and Invalid if its price list or
        parent does not exist.
        """

    async def get(self, company_id: CompanyId) -> Company:
        """Return the company. Raises NotFound."""

    async def find_by_slug(self, slug: str) -> Company | None:
        """Return the company with this slug, if there is one."""

    async def save(self, company: Company) -> None:
        """Replace the company by its next version.

        Raises Conflict if that was not the next, or its slug or an id is taken, and Invalid
        if its price list or parent does not exist.
        """

    async def page(
        self, search: str, window: Window, *, archived: bool = False
    ) -> Page[CompanySummary]:
        """Return companies whose name or slug contains the text, by name.

        They are either those that are archived, or all others.
        """

    async def known_as(self, company: Company) -> Sequence[Company]:
        """Return other companies that share an id of another system with this one."""

    async def contents(self, company_id: CompanyId) -> CompanyContents:
        """Return how much belongs to the company."""

    async def remove(self, company_id: CompanyId) -> None:
        """Remove the company with all that is its own.

        Raises Conflict if it has orders.
        """


class MembershipRepository(Protocol):
    """Who belongs to which company. A user has at most one role in a company."""

    async def find(self, company_id: CompanyId, user_id: UserId) -> Membership | None:
        """Return the user's membership of the company, if there is one."""

    async def keep(self, membership: Membership) -> None:
        """Store the membership in place of any other of this user in this company."""

    async def remove(self, company_id: CompanyId, user_id: UserId) -> None:
        """Remove the user's membership of the company, if there is one."""

    async def of_company(self, company_id: CompanyId) -> Sequence[Member]:
        """Return the company's members, by name; a change holds them until it is done."""

    async def page(
        self, company_id: CompanyId, search: str, window: Window
    ) -> Page[Member]:
        """Return members whose name or address contains the text, by name, and how many."""

    async def of_user(self, user_id: UserId) -> Sequence[Member]:
        """Return the user's memberships, by the company's name."""


class RoleRepository(Protocol):
    """Custom roles. Names are unique within a company, and among the MSP's."""

    async def get(self, company_id: CompanyId | None, role_id: RoleId) -> CustomRole:
        """Return the role, if the company can use it; None: the MSP's. Raises NotFound."""

    async def add(self, role: CustomRole) -> None:
        """Store a new role. Raises Conflict if its name is taken."""

    async def save(self, role: CustomRole) -> None:
        """Store the role as its next version.

        Raises Conflict if it is not the next, or the name is taken.
        """

    async def remove(self, company_id: CompanyId | None, role_id: RoleId) -> None:
        """Remove a role of the company's. Raises Conflict if anybody has it."""

    async def usable(self, company_id: CompanyId | None) -> Sequence[RoleUse]:
        """Return the MSP's roles and the company's, by name, and how many have each.

        For a company, only its own people count.
        """


class GrantRepository(Protocol):
    """Technicians' ways into companies, at most one for each of both."""

    async def keep(self, grant: Grant) -> None:
        """Store the grant in place of any other."""

    async def remove(self, company_id: CompanyId, user_id: UserId) -> bool:
        """Remove the grant; return whether there was one."""

    async def remove_all(self, user_id: UserId) -> None:
        """Remove every grant of the user."""

    async def of_user(self, user_id: UserId, now: datetime) -> Sequence[GrantedCompany]:
        """Return the grants that are alive, by the company's name."""

    async def of_company(
        self, company_id: CompanyId, now: datetime
    ) -> Sequence[GrantedTechnician]:
        """Return the grants that are alive, by the technician's name."""


class VariableRepository(Protocol):
    """Named values of companies. Secret ones lie encrypted."""

    async def of_company(self, company_id: CompanyId) -> Sequence[Variable]:
        """Return the company's variables, by name."""

    async def keep(self, variable: Variable) -> None:
        """Store the variable in place of any other of this company and name."""

    async def remove(self, company_id: CompanyId, name: str) -> bool:
        """Remove the variable; return whether it was there."""


class EntranceQueries(Protocol):
    """What every request asks first, each in one query."""

    async def by_session(self, token_hash: bytes, slug: str | None) -> Entrance | None:
        """Return who the session is and, in a company's rooms, what they are there.

        The company comes with what the user is to it, if that is nothing, too.
        """

    async def by_key(self, lookup: str, company: str | None) -> Entrance | None:
        """Return the key and, if it may enter, the company named by slug or id."""

    async def standing(self, company_id: CompanyId, user_id: UserId) -> Standing:
        """Return what the user is to the company. Raises NotFound without either."""


class SettingsRepository(Protocol):
    """The MSP's settings; secrets are encrypted where they lie."""

    async def get(self) -> PortalSettings:
        """Return the settings, or the defaults if nobody has changed them yet."""

    async def keep(self, settings: PortalSettings) -> None:
        """Store the settings."""


class CompaniesWork(IdentityWork, Protocol):
    """What companies may touch in one transaction."""

    @property
    def companies(self) -> CompanyRepository: ...
    @property
    def memberships(self) -> MembershipRepository: ...
    @property
    def entrances(self) -> EntranceQueries: ...
    @property
    def settings(self) -> SettingsRepository: ...
    @property
    def roles(self) -> RoleRepository: ...
    @property
    def grants(self) -> GrantRepository: ...
    @property
    def variables(self) -> VariableRepository: ...


class CompaniesDatabase(Protocol):
    """Opens works on companies."""

    def begin(self) -> AbstractAsyncContextManager[CompaniesWork]:
        """Open a work that changes things."""

    def read(self) -> AbstractAsyncContextManager[CompaniesWork]:
        """Open a work that only reads."""
