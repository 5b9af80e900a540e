"""Looking after what forms and automation should know of a company."""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from portal_core.clock import Clock
from portal_core.companies.events import VariableRemoved, VariableSet
from portal_core.companies.ports import CompaniesDatabase
from portal_core.companies.variable import MOST_VARIABLES, Variable, VariableKind
from portal_core.errors import Conflict, NotFound
from portal_core.identity.actor import Actor
from portal_core.identity.permissions import Permission
from portal_core.ids import CompanyId


class VariableService:
    """The variables of companies. A secret goes in, and comes out for the portal alone."""

    def __init__(self, *, database: CompaniesDatabase, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def list(self, actor: Actor, company_id: CompanyId) -> Sequence[Variable]:
        """Return the company's variables by name; secrets have no value."""
        actor.require(Permission.MANAGE_COMPANIES)
        async with self._database.read() as work:
            found = await work.variables.of_company(company_id)
        return [replace(one, value="") if one.is_secret else one for one in found]

    async def values(self, actor: Actor, company_id: CompanyId) -> Mapping[str, str]:
        """Return every value by its name, secrets too, for what the portal itself does."""
        actor.require_system()
        async with self._database.read() as work:
            found = await work.variables.of_company(company_id)
        return {variable.name: variable.value for variable in found}

    async def set(
        self,
        actor: Actor,
        company_id: CompanyId,
        *,
        name: str,
        kind: VariableKind,
        value: str,
    ) -> Variable:
        """Store the variable in place of any other of this name.

        Raises Invalid, NotFound, and Conflict for too many, and for an archived company.
        """
        actor.require(Permission.MANAGE_COMPANIES)
        now = self._clock()
        variable = Variable.create(company_id, name=name, kind=kind, value=value, at=now)
        async with self._database.begin() as work:
            company = await work.companies.get(company_id)
            if company.archived:
                raise Conflict("Restore the company first.", code="archived")
            known = {one.name for one in await work.variables.of_company(company_id)}
            if variable.name not in known and len(known) >= MOST_VARIABLES:
                raise Conflict(f"{MOST_VARIABLES} variables are enough. Remove one first.")
            await work.variables.keep(variable)
            work.emit(
                VariableSet(
                    stamp=actor.stamp(now, company_id),
                    company_id=company_id,
                    name=variable.name,
                    kind=kind,
                )
            )
        return replace(variable, value="") if variable.is_secret else variable

    async def remove(self, actor: Actor, company_id: CompanyId, name: str) -> None:
        """Remove the variable. Raises NotFound."""
        actor.require(Permission.MANAGE_COMPANIES)
        async with self._database.begin() as work:
            if not await work.variables.remove(company_id, name):
                raise NotFound("There is no such variable.")
            stamp = actor.stamp(self._clock(), company_id)
            work.emit(VariableRemoved(stamp=stamp, company_id=company_id, name=name))
