"""Companies, memberships and settings in dictionaries."""

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from adapters.memory.paging import by_name, page_of
from adapters.memory.tables import Tables
from portal_core.companies.entrance import Entrance
from portal_core.companies.model import (
    Company,
    CompanySummary,
    Member,
    Membership,
)
from portal_core.companies.portal import PortalSettings
from portal_core.errors import Conflict, Invalid, NotFound
from portal_core.identity.model import ApiKey
from portal_core.ids import CompanyId, UserId
from portal_core.paging import Page, Window


class MemoryCompanies:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, company: Company) -> None:
        self._refuse_broken(company)
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
        self._refuse_broken(company)
        self._tables.companies[company.id] = company

    async def page(self, search: str, window: Window) -> Page[CompanySummary]:
        text = search.casefold()
        found = [
            self._summary(company)
            for company in self._tables.companies.values()
            if text in company.name.casefold() or text in company.slug
        ]
        return page_of(found, lambda company: by_name(company.name, company.id), window)

    def _summary(self, company: Company) -> CompanySummary:
        return CompanySummary(
            id=company.id,
            name=company.name,
            slug=company.slug,
            currency=company.currency,
            members=sum(id_ == company.id for id_, _ in self._tables.memberships),
            created_at=company.created_at,
        )

    def _refuse_broken(self, company: Company) -> None:
        other = _by_slug(self._tables, company.slug)
        if other is not None and other.id != company.id:
            raise Conflict("Another company has this short name.", code="taken")
        if company.price_list_id not in {None, *self._tables.price_lists}:
            raise Invalid("There is no such price list.", field="price_list_id")


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

    async def of_user(self, user_id: UserId) -> Sequence[Member]:
        rows = self._tables.memberships.values()
        members = self._members(row for row in rows if row.user_id == user_id)
        return sorted(members, key=lambda each: by_name(each.company_name, each.company_id))

    def _members(self, rows: Iterable[Membership]) -> list[Member]:
        return [self._member(row) for row in rows]

    def _member(self, membership: Membership) -> Member:
        user = self._tables.users[membership.user_id]
        company = self._tables.companies[membership.company_id]
        return Member(
            user_id=user.id,
            user_name=user.name,
            email=user.email,
            disabled=user.disabled,
            company_id=company.id,
            company_name=company.name,
            company_slug=company.slug,
            role=membership.role,
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
        )
        company = None if slug is None else _by_slug(self._tables, slug)
        if company is None:
            return alone
        membership = self._tables.memberships.get((company.id, user.id))
        if membership is None and user.msp_role is None:
            return alone
        role = membership.role if membership else None
        return replace(alone, company=company, role=role)

    async def by_key(self, lookup: str, company: str | None) -> Entrance | None:
        keys = self._tables.keys.values()
        key = next((key for key in keys if key.lookup == lookup), None)
        if key is None:
            return None
        return Entrance(key=key, company=self._open_to(key, company))

    def _open_to(self, key: ApiKey, name: str | None) -> Company | None:
        for company in self._tables.companies.values():
            named = name in {company.slug, str(company.id)}
            if named and key.company_id in {None, company.id}:
                return company
        return None


class MemorySettings:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def get(self) -> PortalSettings:
        return self._tables.settings

    async def keep(self, settings: PortalSettings) -> None:
        self._tables.settings = settings


def _by_slug(tables: Tables, slug: str) -> Company | None:
    companies = tables.companies.values()
    return next((company for company in companies if company.slug == slug), None)
