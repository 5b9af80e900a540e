"""The MSP's own people: administrators, and technicians who are let into companies."""

from collections.abc import Sequence
from datetime import timedelta

from msgspec.structs import replace

from portal_core.clock import Clock
from portal_core.companies.events import (
    MspRoleChanged,
    TechnicianGranted,
    TechnicianRevoked,
)
from portal_core.companies.ports import CompaniesDatabase
from portal_core.companies.standing import Grant, GrantedCompany, GrantedTechnician
from portal_core.errors import Conflict, Invalid, NotFound, Problem
from portal_core.identity.actor import Actor
from portal_core.identity.permissions import MspRole, Permission
from portal_core.identity.users import keep_an_administrator
from portal_core.ids import CompanyId, UserId

GRANT_DAYS = range(1, 91)
_LONGEST_REASON = 500


class MspPeopleService:
    """Who works for the MSP, and in which companies its technicians may help."""

    def __init__(self, *, database: CompaniesDatabase, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def set_role(self, actor: Actor, user_id: UserId, role: MspRole | None) -> None:
        """Make the user one of the MSP's people, or none. It works on the next request.

        Raises NotFound, ProofNeeded, and Conflict for the last administrator of the MSP.
        """
        actor.require(Permission.MANAGE_USERS)
        now = self._clock()
        actor.require_proof(now)
        async with self._database.begin() as work:
            user = await work.users.get(user_id)
            if user.msp_role is role:
                return
            await keep_an_administrator(work, user)
            changed = replace(user, msp_role=role, version=user.version + 1)
            await work.users.save(changed)
            await work.grants.remove_all(user_id)
            await work.browsers.distrust(user_id)
            work.emit(
                MspRoleChanged(
                    stamp=actor.stamp(now),
                    user_id=user_id,
                    msp_role=role,
                    previous_role=user.msp_role,
                )
            )

    async def companies_of(self, actor: Actor, user_id: UserId) -> Sequence[GrantedCompany]:
        """Return the companies in which a technician may help, by name."""
        actor.require(Permission.MANAGE_USERS)
        async with self._database.read() as work:
            return await work.grants.of_user(user_id, self._clock())

    async def technicians_in(
        self, actor: Actor, company_id: CompanyId
    ) -> Sequence[GrantedTechnician]:
        """Return the technicians who may help in the company, by name."""
        _authorise(actor, company_id)
        async with self._database.read() as work:
            return await work.grants.of_company(company_id, self._clock())

    async def let_in(
        self,
        actor: Actor,
        company_id: CompanyId,
        user_id: UserId,
        *,
        reason: str,
        days: int,
    ) -> Grant:
        """Let a technician help in a company for so many days, whatever was granted before.

        Raises Invalid, NotFound, ProofNeeded, and Conflict for who is no technician.
        """
        actor.require(Permission.MANAGE_USERS)
        now = self._clock()
        reason = " ".join(reason.split())
        problems = []
        if not 0 < len(reason) <= _LONGEST_REASON:
            message = f"Say why, in {_LONGEST_REASON} characters at most."
            problems.append(Problem("reason", message, "required"))
        if days not in GRANT_DAYS:
            message = f"Choose 1 to {GRANT_DAYS[-1]} days."
            problems.append(Problem("days", message))
        if problems:
            raise Invalid.of(problems)
        actor.require_proof(now)
        grant = Grant(
            user_id=user_id,
            company_id=company_id,
            reason=reason,
            granted_by=actor.name,
            since=now,
            ends_at=now + timedelta(days=days),
        )
        async with self._database.begin() as work:
            user = await work.users.get(user_id)
            await work.companies.get(company_id)
            if user.msp_role is not MspRole.TECHNICIAN:
                raise Conflict(f"{user.name} is not a technician.")
            await work.grants.keep(grant)
            work.emit(
                TechnicianGranted(
                    stamp=actor.stamp(now, company_id),
                    user_id=user_id,
                    company_id=company_id,
                    reason=reason,
                    ends_at=grant.ends_at,
                )
            )
        return grant

    async def keep_out(self, actor: Actor, company_id: CompanyId, user_id: UserId) -> None:
        """End a technician's grant at once; the company's administrators may, too.

        Raises NotFound.
        """
        _authorise(actor, company_id)
        async with self._database.begin() as work:
            if not await work.grants.remove(company_id, user_id):
                raise NotFound("This technician may not help here any more.")
            work.emit(
                TechnicianRevoked(
                    stamp=actor.stamp(self._clock(), company_id),
                    user_id=user_id,
                    company_id=company_id,
                )
            )


def _authorise(actor: Actor, company_id: CompanyId) -> None:
    if actor.may(Permission.MANAGE_USERS):
        return
    actor.require(Permission.MANAGE_MEMBERS)
    if actor.company_id != company_id:
        raise NotFound("There is no such company.")
