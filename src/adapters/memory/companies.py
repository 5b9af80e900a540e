"""Companies, memberships and settings in dictionaries."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import asdict, replace

from adapters.memory.paging import by_name, page_of
from adapters.memory.tables import Tables
from portal_core.companies.entrance import Entrance
from portal_core.companies.model import (
    EXTERNAL_IDS,
    Assignment,
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
from portal_core.errors import Conflict, Invalid, NotFound
from portal_core.events import Event
from portal_core.identity.model import ApiKey, User
from portal_core.ids import CompanyId, RoleId, UserId
from portal_core.paging import Page, Total, Window


class MemoryCompanies:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, company: Company) -> None:
        await self._refuse_broken(company)
        self._tables.companies[company.id] = company

    async def get(self, company_id: CompanyId) -> Company:
        if company_id not in self._tables.companies:
            raise NotFound("There is no such company.")
        return self._tables.companies[company_id]

    async def find_by_slug(self, slug: str) -> Company | None:
        return _by_slug(self._tables, slug)

    async def save(self, company: Company) -> None:
        before = self._tables.companies.get(company.id)
        if before is None or company.version != before.version + 1:
            raise Conflict(
                "Somebody changed this company meanwhile. Look at it again.", code="stale"
            )
        await self._refuse_broken(company)
        self._tables.companies[company.id] = company

    async def known_as(self, company: Company) -> Sequence[Company]:
        ids = {field: getattr(company, field) for field in EXTERNAL_IDS}
        return [
            other
            for other in self._tables.companies.values()
            if other.id != company.id
            and any(value and getattr(other, name) == value for name, value in ids.items())
        ]

    async def contents(self, company_id: CompanyId) -> CompanyContents:
        tables = self._tables
        return CompanyContents(
            *(
                sum(row.company_id == company_id for row in rows.values())
                for rows in (
                    tables.memberships,
                    tables.keys,
                    tables.endpoints,
                    tables.roles,
                    tables.orders,
                )
            )
        )

    async def remove(self, company_id: CompanyId) -> None:
        if (await self.contents(company_id)).orders:
            raise Conflict("The company has orders.", code="in_use")
        self._tables.companies.pop(company_id, None)
        for company in list(self._tables.companies.values()):
            if company.parent_id == company_id:
                self._tables.companies[company.id] = replace(company, parent_id=None)
        for rows in vars(self._tables).values():
            _forget(rows, company_id)

    async def page(
        self, search: str, window: Window, *, archived: bool = False
    ) -> Page[CompanySummary]:
        text = search.casefold()
        found = [
            self._summary(company)
            for company in self._tables.companies.values()
            if text in company.name.casefold() or text in company.slug
            if company.archived is archived
        ]
        return page_of(found, lambda company: by_name(company.name, company.id), window)

    def _summary(self, company: Company) -> CompanySummary:
        return CompanySummary(
            id=company.id,
            name=company.name,
            slug=company.slug,
            currency=company.currency,
            vip=company.vip,
            archived_at=company.archived_at,
            members=sum(id_ == company.id for id_, _ in self._tables.memberships),
            created_at=company.created_at,
        )

    async def _refuse_broken(self, company: Company) -> None:
        other = _by_slug(self._tables, company.slug)
        taken = other is not None and other.id != company.id
        if taken or await self.known_as(company):
            message = "Another company has this short name, or one of these ids."
            raise Conflict(message, code="taken")
        lost = company.parent_id not in {None, *self._tables.companies}
        if lost or company.price_list_id not in {None, *self._tables.price_lists}:
            message = "There is no such price list, or company above."
            raise Invalid(message, field="price_list_id")


class MemoryMemberships:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def find(self, company_id: CompanyId, user_id: UserId) -> Membership | None:
        return self._tables.memberships.get((company_id, user_id))

    async def keep(self, membership: Membership) -> None:
        key = (membership.company_id, membership.user_id)
        self._tables.memberships[key] = membership

    async def remove(self, company_id: CompanyId, user_id: UserId) -> None:
        self._tables.memberships.pop((company_id, user_id), None)

    async def of_company(self, company_id: CompanyId) -> Sequence[Member]:
        rows = self._tables.memberships.values()
        members = self._members(row for row in rows if row.company_id == company_id)
        return sorted(members, key=lambda each: by_name(each.user_name, each.user_id))

    async def page(
        self, company_id: CompanyId, search: str, window: Window
    ) -> Page[Member]:
        text = search.casefold()
        found = [
            member
            for member in await self.of_company(company_id)
            if text in member.user_name.casefold() or text in member.email
        ]
        page = page_of(found, lambda one: by_name(one.user_name, one.user_id), window)
        return replace(page, total=Total(len(found)))

    async def of_user(self, user_id: UserId) -> Sequence[Member]:
        rows = self._tables.memberships.values()
        members = self._members(row for row in rows if row.user_id == user_id)
        return sorted(members, key=lambda each: by_name(each.company_name, each.company_id))

    def _members(self, rows: Iterable[Membership]) -> list[Member]:
        return [self._member(row) for row in rows]

    def _member(self, membership: Membership) -> Member:
        user = self._tables.users[membership.user_id]
        company = self._tables.companies[membership.company_id]
        custom = _custom(self._tables, membership)
        return Member(
            user_id=user.id,
            user_name=user.name,
            email=user.email,
            disabled=user.disabled,
            company_id=company.id,
            company_name=company.name,
            company_slug=company.slug,
            role=membership.role,
            custom_role_id=membership.custom_role_id,
            given=membership.given,
            withheld=membership.withheld,
            staff_scope=membership.staff_scope,
            custom_role_name=custom.name if custom else None,
            custom_permissions=custom.permissions if custom else None,
        )


class MemoryEntrances:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def by_session(self, token_hash: bytes, slug: str | None) -> Entrance | None:
        session = self._tables.sessions.get(token_hash)
        if session is None:
            return None
        user = self._tables.users[session.user_id]
        apps = self._tables.authenticators.values()
        alone = Entrance(
            user=user,
            session=session,
            has_authenticator=any(one.user_id == user.id for one in apps),
            msp_policy=self._tables.settings.sign_in if user.msp_role else None,
            standing=Standing(msp_role=user.msp_role),
        )
        company = None if slug is None else _by_slug(self._tables, slug)
        if company is None:
            return alone
        return replace(alone, company=company, standing=self._standing(company, user))

    async def by_key(self, lookup: str, company: str | None) -> Entrance | None:
        keys = self._tables.keys.values()
        key = next((key for key in keys if key.lookup == lookup), None)
        if key is None:
            return None
        return Entrance(key=key, company=self._open_to(key, company))

    async def standing(self, company_id: CompanyId, user_id: UserId) -> Standing:
        company = self._tables.companies.get(company_id)
        user = self._tables.users.get(user_id)
        if company is None or user is None:
            raise NotFound("There is no such user, or company.")
        return self._standing(company, user)

    def _standing(self, company: Company, user: User) -> Standing:
        membership = self._tables.memberships.get((company.id, user.id))
        custom = _custom(self._tables, membership) if membership else None
        return Standing(
            msp_role=user.msp_role,
            assignment=membership and Assignment(**_assigned(membership)),
            custom_name=custom.name if custom else None,
            custom_permissions=custom.permissions if custom else None,
            grant=self._tables.grants.get((company.id, user.id)),
            closed=company.closed,
            archived=company.archived,
        )

    def _open_to(self, key: ApiKey, name: str | None) -> Company | None:
        for company in self._tables.companies.values():
            named = name in {company.slug, str(company.id)}
            if named and key.company_id in {None, company.id}:
                return company
        return None


class MemoryRoles:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def get(self, company_id: CompanyId | None, role_id: RoleId) -> CustomRole:
        role = self._tables.roles.get(role_id)
        if role is None or role.company_id not in {None, company_id}:
            raise NotFound("There is no such role.")
        return role

    async def add(self, role: CustomRole) -> None:
        self._refuse_taken(role)
        self._tables.roles[role.id] = role

    async def save(self, role: CustomRole) -> None:
        current = self._tables.roles.get(role.id)
        if current is None or current.version != role.version - 1:
            raise Conflict(
                "Somebody changed this role meanwhile. Look at it again.", code="stale"
            )
        self._refuse_taken(role)
        self._tables.roles[role.id] = role

    async def remove(self, company_id: CompanyId | None, role_id: RoleId) -> None:
        if any(one.custom_role_id == role_id for one in self._tables.memberships.values()):
            message = "People have this role. Give them another one first."
            raise Conflict(message, code="in_use")
        role = self._tables.roles.get(role_id)
        if role is not None and role.company_id == company_id:
            del self._tables.roles[role_id]

    async def usable(self, company_id: CompanyId | None) -> Sequence[RoleUse]:
        roles = [
            RoleUse(**asdict(role), members=self._members(role, company_id))
            for role in self._tables.roles.values()
            if role.company_id in {None, company_id}
        ]
        return sorted(roles, key=lambda role: by_name(role.name, role.id))

    def _members(self, role: CustomRole, company_id: CompanyId | None) -> int:
        return sum(
            one.custom_role_id == role.id
            for one in self._tables.memberships.values()
            if company_id in {None, one.company_id}
        )

    def _refuse_taken(self, role: CustomRole) -> None:
        for other in self._tables.roles.values():
            same = other.name.casefold() == role.name.casefold()
            if same and other.company_id == role.company_id and other.id != role.id:
                raise Conflict("Another role has this name.", code="taken")


class MemoryGrants:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def keep(self, grant: Grant) -> None:
        self._tables.grants[grant.company_id, grant.user_id] = grant

    async def remove(self, company_id: CompanyId, user_id: UserId) -> bool:
        return self._tables.grants.pop((company_id, user_id), None) is not None

    async def remove_all(self, user_id: UserId) -> None:
        for key in [key for key in self._tables.grants if key[1] == user_id]:
            del self._tables.grants[key]

    async def of_user(self, user_id: UserId, now: datetime) -> Sequence[GrantedCompany]:
        companies = self._tables.companies
        grants = [
            GrantedCompany(
                **asdict(grant),
                company_name=companies[grant.company_id].name,
                company_slug=companies[grant.company_id].slug,
            )
            for grant in self._alive(now)
            if grant.user_id == user_id
        ]
        return sorted(grants, key=lambda one: by_name(one.company_name, one.company_id))

    async def of_company(
        self, company_id: CompanyId, now: datetime
    ) -> Sequence[GrantedTechnician]:
        users = self._tables.users
        grants = [
            GrantedTechnician(**asdict(grant), user_name=users[grant.user_id].name)
            for grant in self._alive(now)
            if grant.company_id == company_id
        ]
        return sorted(grants, key=lambda one: by_name(one.user_name, one.user_id))

    def _alive(self, now: datetime) -> list[Grant]:
        return [grant for grant in self._tables.grants.values() if grant.alive(now)]


class MemoryVariables:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def of_company(self, company_id: CompanyId) -> Sequence[Variable]:
        rows = self._tables.variables.values()
        found = [row for row in rows if row.company_id == company_id]
        return sorted(found, key=lambda row: row.name)

    async def keep(self, variable: Variable) -> None:
        self._tables.variables[variable.company_id, variable.name] = variable

    async def remove(self, company_id: CompanyId, name: str) -> bool:
        return self._tables.variables.pop((company_id, name), None) is not None


class MemorySettings:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def get(self) -> PortalSettings:
        return self._tables.settings

    async def keep(self, settings: PortalSettings) -> None:
        self._tables.settings = settings


def _forget(rows: object, company_id: CompanyId) -> None:
    """Remove the rows of a company from a table, if it is one."""
    if isinstance(rows, dict):
        for key in [key for key, row in rows.items() if _is_of(row, key, company_id)]:
            del rows[key]


def _is_of(row: object, key: object, company_id: CompanyId) -> bool:
    """Return whether a row belongs to a company; what happened belongs to nobody."""
    if isinstance(row, Event):
        return False
    named = isinstance(key, tuple) and company_id in key
    return named or getattr(row, "company_id", None) == company_id


def _custom(tables: Tables, membership: Membership) -> CustomRole | None:
    if membership.custom_role_id is None:
        return None
    return tables.roles[membership.custom_role_id]


def _assigned(membership: Membership) -> dict[str, Any]:
    fields = Assignment.__struct_fields__
    return {field: getattr(membership, field) for field in fields}


def _by_slug(tables: Tables, slug: str) -> Company | None:
    companies = tables.companies.values()
    return next((company for company in companies if company.slug == slug), None)
