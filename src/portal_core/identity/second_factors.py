"""Second factors of one's own, and proof that one is still oneself."""

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from portal_core.clock import Clock
from portal_core.errors import Conflict, Invalid, NotFound
from portal_core.identity.actor import Actor
from portal_core.identity.events import (
    FactorAdded,
    FactorRemoved,
    FactorsReset,
    RecoveryCodesRenewed,
    SessionProved,
)
from portal_core.identity.factor_ports import OneTimeCodes, PasskeyVerifier
from portal_core.identity.factors import (
    MOST_OF_A_KIND,
    Authenticator,
    Factors,
    Method,
    OneTimeCode,
    Passkey,
    check_secret,
    factor_name,
    new_recovery_codes,
)
from portal_core.identity.guessing import Gate, charge, refund
from portal_core.identity.model import User
from portal_core.identity.passkeys import Ceremony
from portal_core.identity.permissions import Permission
from portal_core.identity.ports import (
    IdentityDatabase,
    IdentityWork,
    KeyDigest,
    PasswordHasher,
)
from portal_core.identity.throttle import buckets, network_of
from portal_core.identity.visitor import Visitor
from portal_core.ids import AuthenticatorId, PasskeyId, SessionId, UserId, new_id

_SHORTEST_REASON = 10


class NewSecret(Struct, frozen=True):
    """A secret for an app, and the address that the app reads from a picture."""

    secret: str
    address: str


class FactorService:
    """Looking after one's own second factors, and resetting those of others."""

    def __init__(
        self,
        *,
        database: IdentityDatabase,
        hasher: PasswordHasher,
        codes: OneTimeCodes,
        passkeys: PasskeyVerifier,
        digest: KeyDigest,
        clock: Clock,
    ) -> None:
        self._database = database
        self._codes = codes
        self._passkeys = passkeys
        self._digest = digest
        self._clock = clock
        self._gate = Gate(database=database, hasher=hasher, clock=clock)

    async def own(self, actor: Actor) -> Factors:
        """Return the acting user's second factors."""
        async with self._database.read() as work:
            return await work.factors.of_user(actor.user_id)

    async def of_user(self, actor: Actor, user_id: UserId) -> Factors:
        """Return the user's second factors."""
        actor.require(Permission.MANAGE_USERS)
        async with self._database.read() as work:
            return await work.factors.of_user(user_id)

    def new_secret(self, account: str, issuer: str, secret: str = "") -> NewSecret:
        """Return a secret for an app; with one that was made before, its address again."""
        secret = secret or self._codes.new_secret()
        return NewSecret(secret, self._codes.address(secret, account, issuer))

    async def add_authenticator(
        self, actor: Actor, *, name: str, secret: str, code: str
    ) -> Authenticator:
        """Add an app that shows the code of this secret, and end the other sessions.

        Raises ProofNeeded, Invalid for a wrong code, and Conflict if there are ten.
        """
        now = self._clock()
        actor.require_proof(now)
        check_secret(secret)
        step = self._codes.step(secret, OneTimeCode.read(code).text, now)
        if step is None:
            raise Invalid("This code is not right. Take the newest one.", field="code")
        factor = Authenticator.create(
            actor.user_id, name=name, secret=secret, step=step, at=now
        )
        async with self._database.begin() as work:
            factors = await work.factors.of_user(actor.user_id)
            if len(factors.authenticators) >= MOST_OF_A_KIND:
                raise _enough()
            await work.factors.add_authenticator(factor)
            await end_what_was_proved(work, actor.user_id, but=actor.session_id)
            stamp = actor.stamp(now)
            added = FactorAdded(
                stamp=stamp, user_id=actor.user_id, kind=Method.CODE, name=factor.name
            )
            work.emit(added)
        return factor

    async def ask_for_passkey(self, actor: Actor, portal: str) -> str:
        """Return, as JSON for the browser, the question for a new passkey of one's own.

        Raises ProofNeeded, and Conflict if there are ten.
        """
        now = self._clock()
        actor.require_proof(now)
        ceremony = Ceremony.create(actor.user_id, now)
        async with self._database.begin() as work:
            user = await work.users.get(actor.user_id)
            known = (await work.factors.of_user(user.id)).passkeys
            if len(known) >= MOST_OF_A_KIND:
                raise _enough()
            await work.ceremonies.add(ceremony, now)
        ids = [passkey.credential_id for passkey in known]
        return self._passkeys.creation(user, portal, ceremony.challenge, ids)

    async def add_passkey(self, actor: Actor, *, name: str, response: str) -> Passkey:
        """Add the passkey that the browser has made, and end the other sessions.

        Raises ProofNeeded, Invalid for an answer to another question, and Conflict if the
        passkey is known already.
        """
        now = self._clock()
        actor.require_proof(now)
        name = factor_name(name, "Passkey")
        challenge = self._passkeys.challenge_of(response)
        async with self._database.begin() as work:
            ceremony = await work.ceremonies.use(challenge, now)
        if ceremony is None or ceremony.user_id != actor.user_id:
            raise Invalid("This took too long. Try again.", code="refused")
        made = self._passkeys.register(response, challenge)
        passkey = Passkey(
            id=PasskeyId(new_id()),
            user_id=actor.user_id,
            name=name,
            credential_id=made.id,
            public_key=made.public_key,
            sign_count=made.sign_count,
            created_at=now,
            used_at=now,
        )
        async with self._database.begin() as work:
            await work.factors.add_passkey(passkey)
            await end_what_was_proved(work, actor.user_id, but=actor.session_id)
            stamp = actor.stamp(now)
            added = FactorAdded(
                stamp=stamp, user_id=actor.user_id, kind=Method.PASSKEY, name=name
            )
            work.emit(added)
        return passkey

    async def remove(self, actor: Actor, factor_id: AuthenticatorId | PasskeyId) -> None:
        """Remove one of one's own factors, and end the other sessions.

        Raises ProofNeeded, NotFound, and Conflict for the last one where one must have one.
        """
        now = self._clock()
        actor.require_proof(now)
        user_id = actor.user_id
        async with self._database.begin() as work:
            name = await work.factors.remove(user_id, factor_id)
            if name is None:
                raise NotFound("You have no such factor any more.")
            policy = await work.policies.of_user(user_id)
            if policy.second_factor and not (await work.factors.of_user(user_id)).any:
                raise Conflict("You must have a second factor. Add another one first.")
            await end_what_was_proved(work, user_id, but=actor.session_id)
            work.emit(FactorRemoved(stamp=actor.stamp(now), user_id=user_id, name=name))

    async def renew_recovery_codes(self, actor: Actor) -> tuple[str, ...]:
        """Return ten new codes, which replace all earlier ones and are never shown again.

        Raises ProofNeeded, and Conflict without a second factor that they could stand for.
        """
        now = self._clock()
        actor.require_proof(now)
        user_id = actor.user_id
        codes = new_recovery_codes()
        digests = [self._digest.digest(OneTimeCode.read(code).text) for code in codes]
        async with self._database.begin() as work:
            if not (await work.factors.of_user(user_id)).any:
                raise Conflict("Add an authenticator or a passkey first.")
            await work.factors.keep_recovery_codes(user_id, digests)
            work.emit(RecoveryCodesRenewed(stamp=actor.stamp(now), user_id=user_id))
        return codes

    async def reset(self, actor: Actor, user_id: UserId, reason: str) -> None:
        """Take all second factors from a user who has lost them, and end every session.

        Raises ProofNeeded; Invalid without a reason; Conflict for oneself.
        """
        actor.require(Permission.MANAGE_USERS)
        now = self._clock()
        actor.require_proof(now)
        reason = " ".join(reason.split())
        if len(reason) < _SHORTEST_REASON:
            message = "Say why, in ten characters or more: it is recorded."
            raise Invalid(message, field="reason", code="required")
        if actor.id == user_id:
            raise Conflict("Remove your own factors on your security page.")
        async with self._database.begin() as work:
            await work.users.get(user_id)
            await work.factors.remove_all(user_id)
            await end_what_was_proved(work, user_id)
            work.emit(FactorsReset(stamp=actor.stamp(now), user_id=user_id, reason=reason))

    async def prove(
        self, actor: Actor, visitor: Visitor, *, password: str, code: str
    ) -> Actor:
        """Show again that it is oneself: by a code, or without a second factor by password.

        Return the actor, who may do for ten minutes what asks for proof. Who has shown it
        meanwhile in another tab needs neither. Raises Invalid, and Throttled.
        """
        if not (password or code) and actor.proved(self._clock()):
            return actor
        async with self._database.read() as work:
            user = await work.users.get(actor.user_id)
            factors = await work.factors.of_user(user.id)
        if factors.authenticators:
            method = await self._prove_by_code(visitor, user, code)
        else:
            refusal = Invalid("This is not your password.", field="proof_password")
            passed = await self._gate.check(visitor, user.email, password, refusal)
            async with self._database.begin() as work:
                await self._gate.settle(work, passed)
            method = Method.PASSWORD
        return await self._proved(actor, method)

    async def _prove_by_code(self, visitor: Visitor, user: User, code: str) -> Method:
        now, network = self._clock(), network_of(visitor.address)
        places = buckets(user.email, network, familiar=True, what="factor:")
        async with self._database.begin() as work:
            await charge(work, places, now)
        async with self._database.begin() as work:
            method = await accept_code(
                work, self._codes, self._digest, user, OneTimeCode.read(code), now
            )
            if method is not None:
                await refund(work, places)
        if method is None:
            message = "This code is not right, or was used before."
            raise Invalid(message, field="proof_code")
        return method

    async def _proved(self, actor: Actor, method: Method) -> Actor:
        now = self._clock()
        if actor.session_id is None:
            raise NotFound("This session has ended already.")
        async with self._database.begin() as work:
            await work.sessions.prove(actor.session_id, now)
            work.emit(
                SessionProved(
                    stamp=actor.stamp(now),
                    user_id=actor.user_id,
                    session_id=actor.session_id,
                    method=method,
                )
            )
        return replace(actor, proved_at=now)


def _enough() -> Conflict:
    return Conflict(f"You have {MOST_OF_A_KIND} already. Remove one first.")


async def accept_code(
    work: IdentityWork,
    codes: OneTimeCodes,
    digest: KeyDigest,
    user: User,
    code: OneTimeCode,
    now: datetime,
) -> Method | None:
    """Use up the code, and return what it was: of an app, a recovery code, or neither.

    Of several that bring the same code at once, one succeeds.
    """
    if code.is_recovery:
        for stored in await work.factors.recovery_codes(user.id):
            if digest.matches(code.text, stored):
                fits = await work.factors.use_recovery_code(user.id, stored)
                return Method.RECOVERY_CODE if fits else None
        return None
    for factor in (await work.factors.of_user(user.id)).authenticators:
        step = codes.step(factor.secret, code.text, now)
        if step is not None and await work.factors.use_step(factor.id, step, now):
            return Method.CODE
    return None


async def end_what_was_proved(
    work: IdentityWork, user_id: UserId, *, but: SessionId | None = None
) -> None:
    """End what rests on the factors that the user had: sessions, trust, challenges."""
    await work.sessions.end_all(user_id, but=but)
    await work.browsers.distrust(user_id)
    await work.challenges.end_all(user_id)
