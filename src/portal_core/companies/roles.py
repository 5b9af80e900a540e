"""Roles that administrators put together, and what no role of a company may allow."""

from collections.abc import Collection, Sequence

from msgspec.structs import replace

from portal_core.clock import Clock
from portal_core.companies.events import (
    CompanyUpdated,
    RoleCreated,
    RoleRemoved,
    RoleUpdated,
)
from portal_core.companies.model import Company
from portal_core.companies.ports import CompaniesDatabase, CompaniesWork
from portal_core.companies.standing import CustomRole, RoleUse
from portal_core.errors import Forbidden, Invalid, NotFound
from portal_core.idempotency import Once, answered_once
from portal_core.identity.actor import Actor
from portal_core.identity.permissions import (
    IN_COMPANY,
    ROLE_NAMES,
    SENTENCES,
    Permission,
)
from portal_core.ids import CompanyId, RoleId, new_id

ALWAYS_OPEN = frozenset({Permission.SEE_COMPANY, Permission.MANAGE_OWNERS})
"""What the MSP can't keep from a company: who belongs to it, sees it; an owner is one."""

_LONGEST_NAME = 60
_SYSTEM_NAMES = {name.casefold() for name in ROLE_NAMES.values()}


class RoleService:
    """Custom roles: the MSP's, which every company can use, and each company's own."""

    def __init__(self, *, database: CompaniesDatabase, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def usable(self, actor: Actor, company_id: CompanyId | None) -> Sequence[RoleUse]:
        """Return the custom roles that people of the company can have; None: the MSP's."""
        if not actor.may(Permission.MANAGE_USERS):
            actor.require(Permission.MANAGE_MEMBERS)
            if actor.company_id is None or actor.company_id != company_id:
                raise NotFound("There is no such company.")
        async with self._database.read() as work:
            return await work.roles.usable(company_id)

    async def create(
        self,
        actor: Actor,
        company_id: CompanyId | None,
        *,
        name: str,
        permissions: Collection[Permission],
        once: Once | None = None,
    ) -> CustomRole:
        """Add a role.

        Raises Invalid, Conflict, ProofNeeded, and Forbidden for rights beyond one's own.
        """
        _authorise(actor, company_id)
        now = self._clock()
        role = CustomRole(
            id=RoleId(new_id()),
            company_id=company_id,
            name=_clean(name),
            permissions=_checked(actor, permissions, ()),
            created_at=now,
        )
        actor.require_proof(now)
        async with self._database.begin() as work:

            async def add() -> CustomRole:
                await work.roles.add(role)
                stamp = actor.stamp(now, company_id)
                work.emit(
                    RoleCreated(
                        stamp=stamp,
                        role_id=role.id,
                        name=role.name,
                        permissions=role.permissions,
                    )
                )
                return role

            created, _ = await answered_once(work.answers, once, CustomRole, add)
        return created

    async def change(
        self,
        actor: Actor,
        company_id: CompanyId | None,
        role_id: RoleId,
        *,
        name: str,
        permissions: Collection[Permission],
        version: int,
    ) -> CustomRole:
        """Change a role, for all who have it, from their next request on.

        Raises Invalid, NotFound, Conflict, ProofNeeded, and Forbidden beyond one's own.
        """
        _authorise(actor, company_id)
        now = self._clock()
        async with self._database.begin() as work:
            current = await _own(work, company_id, role_id)
            checked = _checked(actor, permissions, current.permissions)
            changed = replace(
                current, name=_clean(name), permissions=checked, version=version + 1
            )
            actor.require_proof(now)
            await work.roles.save(changed)
            work.emit(
                RoleUpdated(
                    stamp=actor.stamp(now, company_id),
                    role_id=role_id,
                    name=changed.name,
                    permissions=changed.permissions,
                )
            )
        return changed

    async def remove(
        self, actor: Actor, company_id: CompanyId | None, role_id: RoleId
    ) -> None:
        """Remove a role that nobody has. Raises NotFound, Conflict, and ProofNeeded."""
        _authorise(actor, company_id)
        now = self._clock()
        actor.require_proof(now)
        async with self._database.begin() as work:
            role = await _own(work, company_id, role_id)
            await work.roles.remove(company_id, role_id)
            stamp = actor.stamp(now, company_id)
            work.emit(RoleRemoved(stamp=stamp, role_id=role_id, name=role.name))

    async def close(
        self,
        actor: Actor,
        company_id: CompanyId,
        closed: Collection[Permission],
        *,
        version: int,
    ) -> Company:
        """Keep these things from everybody in the company, whatever their roles.

        Raises Invalid, NotFound, ProofNeeded, and Conflict if somebody was faster.
        """
        actor.require(Permission.MANAGE_COMPANIES)
        now = self._clock()
        if wrong := sorted({*closed} - IN_COMPANY | {*closed} & ALWAYS_OPEN):
            message = f"This can't be kept from a company: {SENTENCES[wrong[0]]}."
            raise Invalid(message, field="closed")
        actor.require_proof(now)
        async with self._database.begin() as work:
            company = await work.companies.get(company_id)
            changed = replace(company, closed=tuple(sorted(closed)), version=version + 1)
            await work.companies.save(changed)
            stamp = actor.stamp(now, company_id)
            work.emit(
                CompanyUpdated(stamp=stamp, company_id=company_id, changed=("closed",))
            )
        return changed


async def _own(
    work: CompaniesWork, company_id: CompanyId | None, role_id: RoleId
) -> CustomRole:
    """Return a role that is the company's own. Raises NotFound."""
    role = await work.roles.get(company_id, role_id)
    if role.company_id != company_id:
        raise NotFound("There is no such role.")
    return role


def _authorise(actor: Actor, company_id: CompanyId | None) -> None:
    if actor.may(Permission.MANAGE_USERS):
        return
    actor.require(Permission.MANAGE_ROLES)
    if company_id is None or actor.company_id != company_id:
        raise NotFound("There is no such role.")


def _clean(name: str) -> str:
    cleaned = " ".join(name.split())
    if not 0 < len(cleaned) <= _LONGEST_NAME:
        message = f"Enter a name, {_LONGEST_NAME} characters at most."
        raise Invalid(message, field="name")
    if cleaned.casefold() in _SYSTEM_NAMES:
        message = "There is a role with this name in every company. Choose another."
        raise Invalid(message, field="name", code="taken")
    return cleaned


def _checked(
    actor: Actor, wanted: Collection[Permission], before: Collection[Permission]
) -> tuple[Permission, ...]:
    """Return the permissions, in order. Raises Forbidden for what one does not hold."""
    permissions = IN_COMPANY & {*wanted, Permission.SEE_COMPANY}
    changed = permissions ^ {*before}
    if beyond := sorted(changed - actor.grantable - {Permission.SEE_COMPANY}):
        message = f"You can't decide on what you may not do: {SENTENCES[beyond[0]]}."
        raise Forbidden(message, code="beyond")
    return tuple(sorted(permissions))
