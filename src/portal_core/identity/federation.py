"""Signing in by somebody who vouches, and the accounts there that people have linked.

Only the provider's own name for a person says who it is. An address proves nothing: an
account is linked to a user who has shown both, here and there, in one browser.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NoReturn

from msgspec import Struct
from msgspec.structs import replace

from portal_core.clock import Clock
from portal_core.errors import Conflict, Invalid, NotFound
from portal_core.identity.actor import Actor
from portal_core.identity.admission import Challenged, admit
from portal_core.identity.events import (
    AccountLinked,
    AccountUnlinked,
    SessionProved,
    VouchingRefused,
)
from portal_core.identity.factors import Method
from portal_core.identity.guessing import actor_for
from portal_core.identity.policy import Shown
from portal_core.identity.ports import IdentityDatabase, IdentityWork
from portal_core.identity.provider_ports import Federation
from portal_core.identity.providers import (
    LIFETIME,
    Claim,
    Errand,
    Link,
    LinkedAccount,
    Offer,
    Provider,
    Purpose,
)
from portal_core.identity.second_factors import end_what_was_proved
from portal_core.identity.sessions import Admitted
from portal_core.identity.throttle import network_of
from portal_core.identity.tokens import new_token, token_hash
from portal_core.identity.visitor import Visitor
from portal_core.ids import LinkId, ProviderId, UserId


class Sent(Struct, frozen=True):
    """Somebody on the way to a provider: the address, and what their browser keeps."""

    address: str
    browser: str


class Unlinked(Struct, frozen=True):
    """An account at a provider that nobody here signs in by yet.

    Who signs in within ten minutes, in the same browser, may link it by this state.
    """

    state: str


class Arrived(Struct, frozen=True):
    """Somebody back from a provider, and where they wanted to go."""

    outcome: Admitted | Challenged | Unlinked | None
    place: str


class Waiting(Struct, frozen=True):
    """An account at a provider that may be linked."""

    provider: str
    account: str


class FederationService:
    """Signing in by a provider, and one's own linked accounts."""

    def __init__(
        self, *, database: IdentityDatabase, federation: Federation, clock: Clock
    ) -> None:
        self._database = database
        self._federation = federation
        self._clock = clock

    async def offered(self, visitor: Visitor) -> Sequence[Offer]:  # noqa: ARG002 - the form of sign-in
        """Return the providers that the sign-in page offers, by name."""
        async with self._database.read() as work:
            return await work.providers.offered()

    async def depart(
        self,
        visitor: Visitor,  # noqa: ARG002 - the form of sign-in
        provider_id: ProviderId,
        *,
        browser: str = "",
        place: str = "/",
    ) -> Sent:
        """Send somebody to a provider to sign in. Raises NotFound, and Unavailable.

        `browser` is what their browser keeps from an earlier departure, if any.
        """
        return await self._depart(provider_id, browser, place, Purpose.SIGN_IN)

    async def depart_to_link(
        self, actor: Actor, provider_id: ProviderId, *, browser: str = "", place: str
    ) -> Sent:
        """Send the acting user to a provider, to link their account there afterwards.

        Raises NotFound, and Unavailable.
        """
        whose = actor.user_id
        return await self._depart(provider_id, browser, place, Purpose.LINK, whose)

    async def depart_to_prove(
        self, actor: Actor, provider_id: ProviderId, *, browser: str = "", place: str
    ) -> Sent:
        """Send the acting user to a provider to show again that it is them.

        Raises NotFound, and Unavailable.
        """
        whose = actor.user_id
        return await self._depart(provider_id, browser, place, Purpose.PROVE, whose)

    async def arrive(
        self,
        visitor: Visitor,
        actor: Actor | None,
        browser: str,
        provider_id: ProviderId,
        answer: Mapping[str, str],
    ) -> Arrived:
        """Take somebody back from a provider, once, in the browser that went there.

        `actor` is who is signed in there, `answer` what the address carries. Raises Invalid
        for any other answer, and Unavailable.
        """
        now = self._clock()
        state = answer.get("state", "")
        async with self._database.begin() as work:
            errand = await work.errands.use(token_hash(state), token_hash(browser), now)
        if errand is None or errand.provider_id != provider_id or errand.claim is not None:
            await self._refuse(visitor, provider_id, "no such errand")
        async with self._database.read() as work:
            provider = await _enabled(work, provider_id)
        try:
            claim = await self._federation.arrive(provider, errand.secrets, answer)
        except Invalid as refusal:
            await self._refuse(visitor, provider_id, refusal.message)
        if errand.purpose is Purpose.SIGN_IN:
            outcome = await self._sign_in(visitor, provider, claim, errand)
            return Arrived(outcome, errand.place)
        if actor is None or actor.id != errand.user_id:
            await self._refuse(visitor, provider_id, "another user came back")
        if errand.purpose is Purpose.PROVE:
            await self._prove(actor, visitor, provider, claim)
            return Arrived(None, errand.place)
        async with self._database.begin() as work:
            return Arrived(await _wait(work, errand, claim, now), errand.place)

    async def waiting(self, actor: Actor, browser: str, state: str) -> Waiting:  # noqa: ARG002 - it may be anybody who signs in
        """Return the account that the acting user may link. Raises NotFound."""
        async with self._database.read() as work:
            errand = await work.errands.find(
                token_hash(state), token_hash(browser), self._clock()
            )
            if errand is None or errand.claim is None:
                raise _nothing_waits()
            provider = await _enabled(work, errand.provider_id)
        return Waiting(provider.name, errand.claim.email or errand.claim.name)

    async def link(self, actor: Actor, browser: str, state: str) -> None:
        """Link the account that waits in this browser to the acting user.

        Raises ProofNeeded, NotFound, and Conflict for an account of somebody else.
        """
        now = self._clock()
        actor.require_proof(now)
        async with self._database.begin() as work:
            errand = await work.errands.use(token_hash(state), token_hash(browser), now)
            if errand is None or errand.claim is None:
                raise _nothing_waits()
            provider = await _enabled(work, errand.provider_id)
            await self._link(work, actor, provider, errand.claim, now)

    async def own(self, actor: Actor) -> Sequence[LinkedAccount]:
        """Return the acting user's linked accounts, oldest first."""
        async with self._database.read() as work:
            return await work.links.of_user(actor.user_id)

    async def unlink(self, actor: Actor, link_id: LinkId) -> None:
        """Unlink one of one's own accounts, and end the other sessions.

        Raises ProofNeeded, NotFound, and Conflict for the last way in that is left.
        """
        now = self._clock()
        actor.require_proof(now)
        user_id = actor.user_id
        async with self._database.begin() as work:
            name = await work.links.remove(user_id, link_id)
            if name is None:
                raise NotFound("This account is not linked any more.")
            if not await _has_a_way_in(work, user_id):
                message = "You could not sign in any more. Set a password first."
                raise Conflict(message, code="last_way_in")
            await end_what_was_proved(work, user_id, but=actor.session_id)
            stamp = actor.stamp(now)
            work.emit(
                AccountUnlinked(
                    stamp=stamp, user_id=user_id, link_id=link_id, provider=name
                )
            )

    async def _depart(
        self,
        provider_id: ProviderId,
        browser: str,
        place: str,
        purpose: Purpose,
        user_id: UserId | None = None,
    ) -> Sent:
        async with self._database.read() as work:
            provider = await _enabled(work, provider_id)
        state, browser = new_token(), browser or new_token()
        again = purpose is Purpose.PROVE
        departure = await self._federation.depart(provider, state, again=again)
        now = self._clock()
        async with self._database.begin() as work:
            await work.errands.add(
                Errand(
                    state_hash=token_hash(state),
                    browser_hash=token_hash(browser),
                    provider_id=provider_id,
                    purpose=purpose,
                    user_id=user_id,
                    place=place,
                    secrets=departure.secrets,
                    ends_at=now + LIFETIME,
                ),
                now,
            )
        return Sent(departure.address, browser)

    async def _sign_in(
        self, visitor: Visitor, provider: Provider, claim: Claim, errand: Errand
    ) -> Admitted | Challenged | Unlinked:
        now = self._clock()
        async with self._database.begin() as work:
            link = await work.links.find(provider.id, claim.subject)
            if link is None:
                return await _wait(work, errand, claim, now)
            user = await work.users.get(link.user_id)
            if user.disabled:
                raise _refused(provider.name)
            await work.links.use(link.id, claim.email, now)
            known = await work.browsers.find(
                user.id, [token_hash(token) for token in visitor.known_as]
            )
            return await admit(
                work,
                user,
                visitor,
                Shown(
                    (Method.PROVIDER,),
                    provider.second_factor or claim.second_factor,
                    provider.id,
                ),
                now,
                trusted=known is not None and known.trusted(now),
            )

    async def _prove(
        self, actor: Actor, visitor: Visitor, provider: Provider, claim: Claim
    ) -> None:
        now = self._clock()
        async with self._database.begin() as work:
            link = await work.links.find(provider.id, claim.subject)
            fits = link is not None and link.user_id == actor.user_id
            if fits and actor.session_id is not None:
                await work.sessions.prove(actor.session_id, now)
                work.emit(
                    SessionProved(
                        stamp=actor.stamp(now),
                        user_id=actor.user_id,
                        session_id=actor.session_id,
                        method=Method.PROVIDER,
                    )
                )
                return
        await self._refuse(visitor, provider.id, "another account proved")

    async def _link(
        self,
        work: IdentityWork,
        actor: Actor,
        provider: Provider,
        claim: Claim,
        now: datetime,
    ) -> None:
        found = await work.links.find(provider.id, claim.subject)
        if found is not None and found.user_id == actor.user_id:
            return
        link = Link.create(actor.user_id, provider.id, claim, now)
        await work.links.add(link)
        await end_what_was_proved(work, actor.user_id, but=actor.session_id)
        work.emit(
            AccountLinked(
                stamp=actor.stamp(now),
                user_id=actor.user_id,
                link_id=link.id,
                provider=provider.name,
                account=claim.email or claim.name,
            )
        )

    async def _refuse(
        self, visitor: Visitor, provider_id: ProviderId, reason: str
    ) -> NoReturn:
        """Record why, and tell no more than that it failed."""
        async with self._database.begin() as work:
            provider = await _enabled(work, provider_id)
            work.emit(
                VouchingRefused(
                    stamp=actor_for(None, visitor).stamp(self._clock()),
                    provider_id=provider_id,
                    reason=reason[:200],
                    network=network_of(visitor.address),
                )
            )
        raise _refused(provider.name)


async def _wait(
    work: IdentityWork, errand: Errand, claim: Claim, now: datetime
) -> Unlinked:
    """Keep whom the provider vouched for until somebody who is signed in takes it."""
    state = new_token()
    waiting = replace(
        errand,
        state_hash=token_hash(state),
        secrets="",
        claim=claim,
        ends_at=now + LIFETIME,
    )
    await work.errands.add(waiting, now)
    return Unlinked(state)


async def _enabled(work: IdentityWork, provider_id: ProviderId) -> Provider:
    provider = await work.providers.get(provider_id)
    if provider.disabled:
        raise NotFound("There is no such provider.")
    return provider


async def _has_a_way_in(work: IdentityWork, user_id: UserId) -> bool:
    if await work.credentials.find(user_id) is not None:
        return True
    passkeys = (await work.factors.of_user(user_id)).passkeys
    return bool(passkeys or await work.links.of_user(user_id))


def _refused(provider: str) -> Invalid:
    message = f"{provider} did not sign you in here. Try again, or sign in another way."
    return Invalid(message, code="refused")


def _nothing_waits() -> NotFound:
    return NotFound("This took too long. Sign in by the provider again to link it.")
