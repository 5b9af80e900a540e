"""Who belongs to which company, and as what."""

from collections.abc import Collection, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from portal_core.clock import Clock
from portal_core.companies.events import (
    MembershipGranted,
    MembershipRefused,
    MembershipRevoked,
)
from portal_core.companies.model import Assignment, Member, Membership
from portal_core.companies.ports import CompaniesDatabase, CompaniesWork
from portal_core.companies.standing import CustomRole, Standing, bundle
from portal_core.errors import Conflict, Forbidden, Invalid, NotFound
from portal_core.identity.actor import Actor
from portal_core.identity.model import normal_email
from portal_core.identity.permissions import (
    IN_COMPANY,
    SENTENCES,
    Permission,
    Role,
    StaffScope,
)
from portal_core.ids import CompanyId, RoleId, UserId
from portal_core.paging import Page, Window


class Explanation(Struct, frozen=True):
    """Somebody, and what they are to a company."""

    user_name: str
    standing: Standing


class MembershipService:
    """Giving and taking memberships.

    The MSP's people do so in any company. A company's administrator does so in their own,
    for people who are members already. Nobody gives a right that they do not hold.
    """

    def __init__(self, *, database: CompaniesDatabase, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def of_company(self, actor: Actor, company_id: CompanyId) -> Sequence[Member]:
        """Return the company's members, by name."""
        _authorise(actor, company_id)
        async with self._database.read() as work:
            return await work.memberships.of_company(company_id)

    async def page(
        self, actor: Actor, company_id: CompanyId, search: str, window: Window
    ) -> Page[Member]:
        """Return members whose name or address contains the text, by name, and how many."""
        _authorise(actor, company_id)
        async with self._database.read() as work:
            return await work.memberships.page(company_id, search, window)

    async def get(self, actor: Actor, company_id: CompanyId, user_id: UserId) -> Membership:
        """Return what the user is in the company. Raises NotFound."""
        _authorise(actor, company_id)
        async with self._database.read() as work:
            found = await work.memberships.find(company_id, user_id)
        if found is None:
            raise NotFound("This user is not a member of the company.")
        return found

    async def of_user(self, actor: Actor, user_id: UserId) -> Sequence[Member]:
        """Return the user's memberships, by the company's name."""
        actor.require(Permission.MANAGE_USERS)
        async with self._database.read() as work:
            return await work.memberships.of_user(user_id)

    async def explain(
        self, actor: Actor, company_id: CompanyId, user_id: UserId
    ) -> Explanation:
        """Return what the user is to the company, to explain what they may do there.

        Everybody may know that of themselves. Raises Forbidden, and NotFound.
        """
        if actor.company_id != company_id or actor.id != user_id:
            _authorise(actor, company_id)
        async with self._database.read() as work:
            found = await work.entrances.standing(company_id, user_id)
            user = await work.users.get(user_id)
        standing = found.at(self._clock())
        if not standing.belongs and not actor.may(Permission.MANAGE_USERS):
            raise NotFound("This user is not a member of the company.")
        return Explanation(user.name, standing)

    async def grant(
        self,
        actor: Actor,
        company_id: CompanyId,
        user_id: UserId,
        role: Role,
        custom_role_id: RoleId | None = None,
    ) -> None:
        """Give the user the role in the company, in place of any other.

        What was given or withheld besides stays so. Raises as `assign` does.
        """
        async with self._database.read() as work:
            current = await work.memberships.find(company_id, user_id)
        wanted = Assignment(role=role, custom_role_id=custom_role_id)
        if current is not None:
            wanted = replace(
                wanted,
                given=current.given,
                withheld=current.withheld,
                staff_scope=current.staff_scope,
            )
        await self.assign(actor, company_id, user_id, wanted)

    async def set_staff_scope(
        self, actor: Actor, company_id: CompanyId, user_id: UserId, scope: StaffScope
    ) -> None:
        """Say which staff the user's rights on staff are about. Raises as `assign` does."""
        current = await self.get(actor, company_id, user_id)
        wanted = replace(current, staff_scope=scope)
        await self.assign(actor, company_id, user_id, wanted)

    async def toggle(
        self,
        actor: Actor,
        company_id: CompanyId,
        user_id: UserId,
        permission: Permission,
        *,
        allowed: bool,
    ) -> None:
        """Allow the user one thing more, or one less, whatever their role allows.

        Raises as `assign` does, and NotFound for who is not a member.
        """
        current = await self.get(actor, company_id, user_id)
        given, withheld = {*current.given}, {*current.withheld}
        (given.add if allowed else given.discard)(permission)
        (withheld.discard if allowed else withheld.add)(permission)
        wanted = replace(current, given=tuple(given), withheld=tuple(withheld))
        await self.assign(actor, company_id, user_id, wanted)

    async def assign(
        self, actor: Actor, company_id: CompanyId, user_id: UserId, wanted: Assignment
    ) -> None:
        """Make the user this in the company, in place of what they were.

        Raises Forbidden for rights beyond one's own, which is recorded, ProofNeeded,
        Invalid, NotFound, and Conflict if the company would be left without an owner or an
        administrator.
        """
        _authorise(actor, company_id)
        now = self._clock()
        actor.require_proof(now)
        try:
            async with self._database.begin() as work:
                await _assign(work, actor, company_id, user_id, wanted, now)
        except Forbidden as refusal:
            async with self._database.begin() as work:
                work.emit(
                    MembershipRefused(
                        stamp=actor.stamp(now, company_id),
                        user_id=user_id,
                        company_id=company_id,
                        reason=refusal.message,
                    )
                )
            raise

    async def welcome(
        self,
        actor: Actor,
        company_id: CompanyId,
        email: str,
        role: Role,
        custom_role_id: RoleId | None = None,
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
        await self.grant(actor, company_id, user.id, role, custom_role_id)

    async def revoke(self, actor: Actor, company_id: CompanyId, user_id: UserId) -> None:
        """Take the membership away; from the next request on, the user is a stranger.

        Raises NotFound, and Conflict if the company would lose its last administrator.
        """
        _authorise(actor, company_id)
        async with self._database.begin() as work:
            current = await work.memberships.find(company_id, user_id)
            if current is None:
                raise NotFound("This user is not a member of the company.")
            _refuse_beyond(actor, await _holdings(work, current), frozenset(), ())
            await _keep_somebody(work, actor, current, None)
            await work.memberships.remove(company_id, user_id)
            await work.browsers.distrust(user_id)
            work.emit(
                MembershipRevoked(
                    stamp=actor.stamp(self._clock(), company_id),
                    user_id=user_id,
                    company_id=company_id,
                    role=current.role,
                )
            )


async def _assign(
    work: CompaniesWork,
    actor: Actor,
    company_id: CompanyId,
    user_id: UserId,
    wanted: Assignment,
    now: datetime,
) -> None:
    company = await work.companies.get(company_id)
    current = await work.memberships.find(company_id, user_id)
    if current is None:
        actor.require(Permission.MANAGE_USERS)
        await work.users.get(user_id)
    custom = await _custom(work, company_id, wanted)
    membership = _tidy(wanted, custom, company_id, user_id, now)
    _refuse_closed(current, membership, company.closed)
    before = await _holdings(work, current) if current else frozenset()
    after = _held(membership, custom.permissions if custom else ())
    _refuse_beyond(actor, before, after, company.closed)
    if current is not None:
        membership = replace(membership, since=current.since)
        if membership == current:
            return
        await _keep_somebody(work, actor, current, membership)
    await work.memberships.keep(membership)
    await work.browsers.distrust(user_id)
    work.emit(
        MembershipGranted(
            stamp=actor.stamp(now, company_id),
            user_id=user_id,
            company_id=company_id,
            role=membership.role,
            previous_role=current.role if current else None,
            custom_role=custom.name if custom else None,
            given=membership.given,
            withheld=membership.withheld,
            staff_scope=membership.staff_scope,
        )
    )


def _authorise(actor: Actor, company_id: CompanyId) -> None:
    if actor.may(Permission.MANAGE_USERS):
        return
    actor.require(Permission.MANAGE_MEMBERS)
    if actor.company_id != company_id:
        raise NotFound("There is no such company.")


async def _custom(
    work: CompaniesWork, company_id: CompanyId, assignment: Assignment
) -> CustomRole | None:
    """Return the custom role of an assignment. Raises Invalid for a stranger's."""
    if assignment.role is not Role.CUSTOM:
        return None
    if assignment.custom_role_id is None:
        raise Invalid("Choose a role.", field="role", code="required")
    try:
        return await work.roles.get(company_id, assignment.custom_role_id)
    except NotFound as error:
        message = "This role is not there any more. Choose another."
        raise Invalid(message, field="role", code="unknown") from error


def _tidy(
    wanted: Assignment,
    custom: CustomRole | None,
    company_id: CompanyId,
    user_id: UserId,
    now: datetime,
) -> Membership:
    """Return the membership without exceptions that say what the role says anyway."""
    usual = bundle(wanted, custom.permissions if custom else ())
    return Membership(
        user_id=user_id,
        company_id=company_id,
        since=now,
        role=wanted.role,
        custom_role_id=custom.id if custom else None,
        given=tuple(sorted({*wanted.given} & IN_COMPANY - usual)),
        withheld=tuple(sorted({*wanted.withheld} & usual)),
        staff_scope=wanted.staff_scope,
    )


def _held(assignment: Assignment, custom: Collection[Permission]) -> frozenset[Permission]:
    usual = bundle(assignment, custom)
    return (usual | {*assignment.given}) - {*assignment.withheld}


async def _holdings(work: CompaniesWork, membership: Membership) -> frozenset[Permission]:
    if membership.custom_role_id is None:
        return _held(membership, ())
    role_id, company_id = membership.custom_role_id, membership.company_id
    custom = await work.roles.get(company_id, role_id)
    return _held(membership, custom.permissions)


def _refuse_closed(
    current: Membership | None, wanted: Membership, closed: Collection[Permission]
) -> None:
    already = current.given if current else ()
    for permission in wanted.given:
        if permission in closed and permission not in already:
            message = f"The MSP lets nobody in this company {SENTENCES[permission]}."
            raise Invalid(message, field="permission", code="closed")


def _refuse_beyond(
    actor: Actor,
    before: frozenset[Permission],
    after: frozenset[Permission],
    closed: Collection[Permission],
) -> None:
    """Raise Forbidden for giving what one does not hold, and to who holds more.

    What the MSP keeps from everybody in the company makes nobody greater.
    """
    own = actor.grantable | ({*closed} - {Permission.MANAGE_OWNERS})
    if beyond := sorted(before - own):
        message = f"They may do more than you: {SENTENCES[beyond[0]]}."
        raise Forbidden(message, code="beyond")
    if beyond := sorted(after - own):
        message = f"You can't give what you may not do yourself: {SENTENCES[beyond[0]]}."
        raise Forbidden(message, code="beyond")


_KEEPERS = frozenset({Role.OWNER, Role.ADMINISTRATOR})


async def _keep_somebody(
    work: CompaniesWork, actor: Actor, leaving: Membership, becoming: Membership | None
) -> None:
    """Raise Conflict if the company would lose its last owner, or administrator.

    The MSP may leave it without an administrator: it can step in.
    """
    others = [
        member
        for member in await work.memberships.of_company(leaving.company_id)
        if member.user_id != leaving.user_id and not member.disabled
    ]
    if (
        leaving.role is Role.OWNER
        and (becoming is None or becoming.role is not Role.OWNER)
        and all(member.role is not Role.OWNER for member in others)
    ):
        raise Conflict("This is the company's last owner. Make another one first.")
    if actor.may(Permission.MANAGE_USERS):
        return
    if _manages(leaving) and not (becoming and _manages(becoming)):
        if any(_manages(member) for member in others):
            return
        raise Conflict("This is the company's last administrator. Make another one first.")


def _manages(assignment: Assignment) -> bool:
    """Return whether they look after the company's people by their role."""
    withheld = Permission.MANAGE_MEMBERS in assignment.withheld
    return assignment.role in _KEEPERS and not withheld
