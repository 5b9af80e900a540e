"""Who belongs to which company, and as what."""

from collections.abc import Sequence

from portal_core.clock import Clock
from portal_core.companies.events import MembershipGranted, MembershipRevoked
from portal_core.companies.model import Member, Membership
from portal_core.companies.ports import CompaniesDatabase, CompaniesWork
from portal_core.errors import Conflict, Forbidden, Invalid, NotFound
from portal_core.identity.actor import Actor
from portal_core.identity.model import normal_email
from portal_core.identity.permissions import ROLES, Permission, Role
from portal_core.ids import CompanyId, UserId


class MembershipService:
    """Giving and taking memberships.

    The MSP's people do so in any company. A company's administrator does so in their own,
    for people who are members already, and gives no right that they do not hold.
    """

    def __init__(self, *, database: CompaniesDatabase, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def of_company(self, actor: Actor, company_id: CompanyId) -> Sequence[Member]:
        """Return the company's members, by name."""
        _authorise(actor, company_id)
        async with self._database.read() as work:
            return await work.memberships.of_company(company_id)

    async def of_user(self, actor: Actor, user_id: UserId) -> Sequence[Member]:
        """Return the user's memberships, by the company's name."""
        actor.require(Permission.MANAGE_USERS)
        async with self._database.read() as work:
            return await work.memberships.of_user(user_id)

    async def grant(
        self, actor: Actor, company_id: CompanyId, user_id: UserId, role: Role
    ) -> None:
        """Give the user the role in the company, in place of any other.

        Raises Forbidden for a role above one's own, ProofNeeded, NotFound, and Conflict if
        the company would be left without an administrator.
        """
        _authorise(actor, company_id)
        _refuse_more_than_held(actor, role)
        now = self._clock()
        actor.require_proof(now)
        async with self._database.begin() as work:
            current = await work.memberships.find(company_id, user_id)
            if current is None:
                actor.require(Permission.MANAGE_USERS)
                await work.users.get(user_id)
                await work.companies.get(company_id)
            elif current.role == role:
                return
            else:
                await _keep_an_administrator(work, actor, current)
            membership = Membership(
                user_id=user_id, company_id=company_id, role=role, since=now
            )
            await work.memberships.keep(membership)
            work.emit(
                MembershipGranted(
                    stamp=actor.stamp(now, company_id),
                    user_id=user_id,
                    company_id=company_id,
                    role=role,
                    previous_role=current.role if current else None,
                )
            )

    async def welcome(
        self, actor: Actor, company_id: CompanyId, email: str, role: Role
    ) -> None:
        """Give the user with this e-mail address a role in the company.

        Raises Invalid if nobody has the address, or they are a member already.
        """
        actor.require(Permission.MANAGE_USERS)
        async with self._database.read() as work:
            user = await work.users.find_by_email(normal_email(email))
            if user is None:
                message = "Nobody has this address yet. Make them an account first."
                raise Invalid(message, field="email", code="unknown")
            if await work.memberships.find(company_id, user.id):
                message = f"{user.name} is a member already. Change the role in the list."
                raise Invalid(message, field="email", code="taken")
        await self.grant(actor, company_id, user.id, role)

    async def revoke(self, actor: Actor, company_id: CompanyId, user_id: UserId) -> None:
        """Take the membership away; from the next request on, the user is a stranger.

        Raises NotFound, and Conflict if the company would lose its last administrator.
        """
        _authorise(actor, company_id)
        async with self._database.begin() as work:
            current = await work.memberships.find(company_id, user_id)
            if current is None:
                raise NotFound("This user is not a member of the company.")
            _refuse_more_than_held(actor, current.role)
            await _keep_an_administrator(work, actor, current)
            await work.memberships.remove(company_id, user_id)
            work.emit(
                MembershipRevoked(
                    stamp=actor.stamp(self._clock(), company_id),
                    user_id=user_id,
                    company_id=company_id,
                    role=current.role,
                )
            )


def _authorise(actor: Actor, company_id: CompanyId) -> None:
    if actor.may(Permission.MANAGE_USERS):
        return
    actor.require(Permission.MANAGE_MEMBERS)
    if actor.company_id != company_id:
        raise NotFound("There is no such company.")


def _refuse_more_than_held(actor: Actor, role: Role) -> None:
    if not ROLES[role] <= actor.permissions:
        raise Forbidden(
            f"You may not give or take the role “{role}”: it can do more than you."
        )


async def _keep_an_administrator(
    work: CompaniesWork, actor: Actor, leaving: Membership
) -> None:
    """Keep a company's own people from locking themselves out; the MSP can step in."""
    if leaving.role is not Role.ADMINISTRATOR or actor.may(Permission.MANAGE_USERS):
        return
    members = await work.memberships.of_company(leaving.company_id)
    administrators = [m.user_id for m in members if m.role is Role.ADMINISTRATOR]
    if administrators == [leaving.user_id]:
        raise Conflict("This is the company's last administrator. Make another one first.")
