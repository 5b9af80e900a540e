"""What companies, and the MSP of its own people, ask of those who sign in."""

from msgspec.structs import replace

from portal_core.clock import Clock
from portal_core.companies.events import CompanyUpdated, SettingsChanged
from portal_core.companies.model import Company
from portal_core.companies.ports import CompaniesDatabase, CompaniesWork
from portal_core.errors import Conflict, Forbidden, Invalid
from portal_core.identity.actor import Actor
from portal_core.identity.permissions import Permission
from portal_core.identity.policy import Shown, SignInPolicy
from portal_core.identity.providers import Offer
from portal_core.identity.visitor import Visitor
from portal_core.ids import CompanyId

_MSP = "The MSP"


class PolicyService:
    """The MSP's way of saying what signing in takes."""

    def __init__(self, *, database: CompaniesDatabase, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def of_msp(self, actor: Actor) -> SignInPolicy:
        """Return what the MSP asks of its own people."""
        actor.require(Permission.MANAGE_SETTINGS)
        async with self._database.read() as work:
            return (await work.settings.get()).sign_in

    async def providers_for(
        self, actor: Actor, company_id: CompanyId | None
    ) -> tuple[Offer, ...]:
        """Return the providers that a policy may name: everybody's, and the company's."""
        actor.require(Permission.MANAGE_COMPANIES)
        async with self._database.read() as work:
            return await _usable(work, company_id)

    async def change_of_company(
        self, actor: Actor, company_id: CompanyId, policy: SignInPolicy, *, version: int
    ) -> Company:
        """Store what the company asks; it holds from the next request on.

        Raises ProofNeeded, Invalid, NotFound, and Conflict if somebody was faster.
        """
        actor.require(Permission.MANAGE_COMPANIES)
        now = self._clock()
        policy = policy.checked()
        actor.require_proof(now)
        async with self._database.begin() as work:
            company = await work.companies.get(company_id)
            if policy == company.sign_in:
                return company
            await _check_providers(work, policy, company_id)
            company = replace(company, sign_in=policy, version=version + 1)
            await work.companies.save(company)
            changed = ("sign_in",)
            stamp = actor.stamp(now, company_id)
            work.emit(CompanyUpdated(stamp=stamp, company_id=company_id, changed=changed))
        return company

    async def change_of_msp(
        self, actor: Actor, visitor: Visitor, policy: SignInPolicy
    ) -> None:
        """Store what the MSP asks of its own people; it holds from the next request on.

        Raises ProofNeeded, Invalid, and Conflict if the acting person could not come in by
        it as they are signed in now: that would lock the MSP out.
        """
        actor.require(Permission.MANAGE_SETTINGS)
        now = self._clock()
        policy = policy.checked()
        actor.require_proof(now)
        async with self._database.begin() as work:
            await _check_providers(work, policy, None)
            for session in await work.sessions.of_user(actor.user_id):
                if session.id == actor.session_id:
                    _stay_inside(policy, session.shown, visitor)
            settings = await work.settings.get()
            if policy != settings.sign_in:
                await work.settings.keep(replace(settings, sign_in=policy))
                changed = ("sign_in",)
                work.emit(SettingsChanged(stamp=actor.stamp(now), changed=changed))


def _stay_inside(policy: SignInPolicy, shown: Shown, visitor: Visitor) -> None:
    try:
        policy.admit(shown, visitor.address, _MSP)
    except Forbidden as refusal:
        message = f"This would lock you out yourself. {refusal.message}"
        raise Conflict(message, code="locked_out") from refusal


async def _usable(work: CompaniesWork, company_id: CompanyId | None) -> tuple[Offer, ...]:
    return tuple(
        Offer(one.id, one.kind, one.name)
        for one in await work.providers.list()
        if one.company_id in {None, company_id}
    )


async def _check_providers(
    work: CompaniesWork, policy: SignInPolicy, company_id: CompanyId | None
) -> None:
    usable = {one.id for one in await _usable(work, company_id)}
    if not usable.issuperset(policy.providers):
        message = "This provider is not there any more. Choose another."
        raise Invalid(message, field="providers", code="unknown")
