"""Adding and changing client companies."""

from msgspec.structs import replace

from portal_core.clock import Clock
from portal_core.companies.events import CompanyCreated, CompanyUpdated
from portal_core.companies.model import Company, CompanyDetails, CompanySummary
from portal_core.companies.ports import CompaniesDatabase, CompaniesWork
from portal_core.errors import Invalid, NotFound
from portal_core.idempotency import Once, answered_once
from portal_core.identity.actor import Actor
from portal_core.identity.permissions import Permission
from portal_core.ids import CompanyId
from portal_core.paging import Page, Window

_FIELDS = ("name", "slug", "currency", "time_zone", "price_list_id")


class CompanyService:
    """The MSP's clients."""

    def __init__(self, *, database: CompaniesDatabase, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def page(self, actor: Actor, search: str, window: Window) -> Page[CompanySummary]:
        """Return companies whose name or slug contains the text, by name."""
        actor.require(Permission.SEE_COMPANIES)
        async with self._database.read() as work:
            return await work.companies.page(search, window)

    async def get(self, actor: Actor, company_id: CompanyId) -> Company:
        """Return the company: one's own, or any for the MSP. Raises NotFound."""
        actor.require(Permission.SEE_COMPANY)
        if not actor.may(Permission.SEE_COMPANIES) and actor.company_id != company_id:
            raise NotFound("There is no such company.")
        async with self._database.read() as work:
            return await work.companies.get(company_id)

    async def get_by_slug(self, actor: Actor, slug: str) -> Company:
        """Return the company with this slug. Raises NotFound."""
        actor.require(Permission.SEE_COMPANIES)
        async with self._database.read() as work:
            company = await work.companies.find_by_slug(slug)
        if company is None:
            raise NotFound("There is no such company.")
        return company

    async def create(
        self, actor: Actor, details: CompanyDetails, *, once: Once | None = None
    ) -> Company:
        """Add a company. Raises Invalid, also if the slug is taken."""
        actor.require(Permission.MANAGE_COMPANIES)
        company = Company.create(details.checked(), at=self._clock())
        async with self._database.begin() as work:

            async def add() -> Company:
                await _refuse_taken_slug(work, company)
                await work.companies.add(company)
                stamp = actor.stamp(company.created_at, company.id)
                work.emit(
                    CompanyCreated(
                        stamp=stamp,
                        company_id=company.id,
                        name=company.name,
                        slug=company.slug,
                    )
                )
                return company

            created, _ = await answered_once(work.answers, once, Company, add)
        return created

    async def edit(
        self, actor: Actor, company_id: CompanyId, details: CompanyDetails, *, version: int
    ) -> Company:
        """Change the details. Raises Invalid, and Conflict if somebody was faster."""
        actor.require(Permission.MANAGE_COMPANIES)
        details = details.checked()
        async with self._database.begin() as work:
            company = await work.companies.get(company_id)
            values = {field: getattr(details, field) for field in _FIELDS}
            changed = tuple(f for f in _FIELDS if values[f] != getattr(company, f))
            company = replace(company, **values, version=version + 1)
            await _refuse_taken_slug(work, company)
            await work.companies.save(company)
            stamp = actor.stamp(self._clock(), company_id)
            work.emit(CompanyUpdated(stamp=stamp, company_id=company_id, changed=changed))
        return company


async def _refuse_taken_slug(work: CompaniesWork, company: Company) -> None:
    other = await work.companies.find_by_slug(company.slug)
    if other is not None and other.id != company.id:
        message = f"“{other.name}” has this short name already. Choose another."
        raise Invalid(message, field="slug", code="taken")
