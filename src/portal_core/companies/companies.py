"""Adding and changing client companies."""

from msgspec.structs import replace

from portal_core.clock import Clock
from portal_core.companies.events import (
    CompanyArchived,
    CompanyCreated,
    CompanyDeleted,
    CompanyRestored,
    CompanyUpdated,
)
from portal_core.companies.model import (
    EXTERNAL_IDS,
    Company,
    CompanyContents,
    CompanyDetails,
    CompanySummary,
)
from portal_core.companies.ports import CompaniesDatabase, CompaniesWork
from portal_core.errors import Conflict, Invalid, NotFound, Problem
from portal_core.idempotency import Once, answered_once
from portal_core.identity.actor import Actor
from portal_core.identity.permissions import Permission
from portal_core.ids import CompanyId
from portal_core.paging import Page, Window

_FIELDS = CompanyDetails.__struct_fields__
_DEEPEST = 20
_LONGEST_REASON = 500


class CompanyService:
    """The MSP's clients."""

    def __init__(self, *, database: CompaniesDatabase, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def page(
        self, actor: Actor, search: str, window: Window, *, archived: bool = False
    ) -> Page[CompanySummary]:
        """Return companies whose name or slug contains the text, by name.

        They are either those that are archived, or all others.
        """
        actor.require(Permission.SEE_COMPANIES)
        async with self._database.read() as work:
            return await work.companies.page(search, window, archived=archived)

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
                await _refuse_taken(work, company)
                await _refuse_circle(work, company)
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
            if company.archived:
                raise Conflict("Restore the company first.", code="archived")
            values = {field: getattr(details, field) for field in _FIELDS}
            changed = tuple(f for f in _FIELDS if values[f] != getattr(company, f))
            company = replace(company, **values, version=version + 1)
            await _refuse_taken(work, company)
            await _refuse_circle(work, company)
            await work.companies.save(company)
            stamp = actor.stamp(self._clock(), company_id)
            work.emit(CompanyUpdated(stamp=stamp, company_id=company_id, changed=changed))
        return company

    async def archive(
        self, actor: Actor, company_id: CompanyId, reason: str, *, version: int
    ) -> Company:
        """Make the company history: its people and keys come in no more.

        Raises Invalid, ProofNeeded, NotFound, and Conflict if it is archived already, or
        somebody was faster.
        """
        actor.require(Permission.MANAGE_COMPANIES)
        now = self._clock()
        reason = " ".join(reason.split())
        if not 0 < len(reason) <= _LONGEST_REASON:
            message = f"Say why, in {_LONGEST_REASON} characters at most."
            raise Invalid(message, field="reason", code="required")
        actor.require_proof(now)
        async with self._database.begin() as work:
            company = await work.companies.get(company_id)
            if company.archived:
                raise Conflict("The company is archived already.", code="archived")
            company = replace(
                company, archived_at=now, archive_reason=reason, version=version + 1
            )
            await work.companies.save(company)
            stamp = actor.stamp(now, company_id)
            work.emit(CompanyArchived(stamp=stamp, company_id=company_id, reason=reason))
        return company

    async def restore(
        self, actor: Actor, company_id: CompanyId, *, version: int
    ) -> Company:
        """Let the company's people and keys in again.

        Raises NotFound, and Conflict if it is not archived, or somebody was faster.
        """
        actor.require(Permission.MANAGE_COMPANIES)
        async with self._database.begin() as work:
            company = await work.companies.get(company_id)
            if not company.archived:
                raise Conflict("The company is not archived.", code="not_archived")
            company = replace(
                company, archived_at=None, archive_reason="", version=version + 1
            )
            await work.companies.save(company)
            stamp = actor.stamp(self._clock(), company_id)
            work.emit(CompanyRestored(stamp=stamp, company_id=company_id))
        return company

    async def contents(self, actor: Actor, company_id: CompanyId) -> CompanyContents:
        """Return what would go with the company. Raises NotFound."""
        actor.require(Permission.MANAGE_COMPANIES)
        async with self._database.read() as work:
            await work.companies.get(company_id)
            return await work.companies.contents(company_id)

    async def delete(self, actor: Actor, company_id: CompanyId, name: str) -> None:
        """Remove the company with all that is its own; what was recorded stays.

        `name` is its name, typed by who is sure. Raises Invalid, ProofNeeded, NotFound, and
        Conflict for a company that has ordered: archive it instead.
        """
        actor.require(Permission.MANAGE_COMPANIES)
        now = self._clock()
        actor.require_proof(now)
        async with self._database.begin() as work:
            company = await work.companies.get(company_id)
            if (await work.companies.contents(company_id)).orders:
                message = f"{company.name} has orders, which are kept. Archive it instead."
                raise Conflict(message, code="in_use")
            if name.strip() != company.name:
                message = f"Type “{company.name}”, as it is written here."
                raise Invalid(message, field="confirm", code="confirm")
            await work.companies.remove(company_id)
            work.emit(
                CompanyDeleted(
                    stamp=actor.stamp(now, company_id),
                    company_id=company_id,
                    name=company.name,
                    slug=company.slug,
                )
            )


async def _refuse_taken(work: CompaniesWork, company: Company) -> None:
    """Raise Invalid that names the other company for a slug or an id that it has."""
    other = await work.companies.find_by_slug(company.slug)
    if other is not None and other.id != company.id:
        message = f"“{other.name}” has this short name already. Choose another."
        raise Invalid(message, field="slug", code="taken")
    problems = []
    for other in await work.companies.known_as(company):
        for field, label in EXTERNAL_IDS.items():
            theirs = getattr(other, field)
            if theirs is not None and theirs == getattr(company, field):
                message = f"“{other.name}” ({other.slug}) has this {label} already."
                there = f"/admin/companies/{other.slug}"
                problems.append(Problem(field, message, "taken", there))
    if problems:
        raise Invalid.of(problems)


async def _refuse_circle(work: CompaniesWork, company: Company) -> None:
    """Raise Invalid if the company would be above itself."""
    above, steps = company.parent_id, 0
    while above is not None:
        steps += 1
        if above == company.id or steps > _DEEPEST:
            message = "A company can't be above itself. Choose another."
            raise Invalid(message, field="parent_id", code="circle")
        try:
            above = (await work.companies.get(above)).parent_id
        except NotFound as error:
            message = "This company is not there any more. Choose another."
            raise Invalid(message, field="parent_id", code="unknown") from error
