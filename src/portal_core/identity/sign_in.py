"""Coming in and going out: a password, and where it takes one a second factor."""

from datetime import timedelta

from msgspec import Struct

from portal_core.clock import Clock
from portal_core.errors import Conflict, Invalid
from portal_core.identity.admission import Challenged, admit, refuse_other_ways
from portal_core.identity.challenges import Challenge
from portal_core.identity.events import (
    FactorAdded,
    SecondFactorRefused,
    UserLocked,
    UserSignedOut,
)
from portal_core.identity.factor_ports import OneTimeCodes, PasskeyVerifier
from portal_core.identity.factors import (
    Authenticator,
    Factors,
    Method,
    OneTimeCode,
    check_secret,
)
from portal_core.identity.guessing import (
    Buckets,
    Gate,
    actor_for,
    charge,
    comparable,
    refund,
)
from portal_core.identity.model import User
from portal_core.identity.passkeys import Ceremony
from portal_core.identity.policy import Shown
from portal_core.identity.ports import (
    IdentityDatabase,
    IdentityWork,
    KeyDigest,
    PasswordHasher,
)
from portal_core.identity.second_factors import accept_code
from portal_core.identity.sessions import Admitted, open_session
from portal_core.identity.throttle import buckets, network_of
from portal_core.identity.tokens import token_hash
from portal_core.identity.visitor import Visitor

REFUSED = "The e-mail address or the password is not right."


class Pending(Struct, frozen=True, kw_only=True):
    """What the page of the second factor says. Without factors, one is set up now."""

    user: User
    factors: Factors
    trust_days: int


class SignInService:
    """Signing in and out."""

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

    async def sign_in(
        self, visitor: Visitor, email: str, password: str
    ) -> Admitted | Challenged:
        """Let in who knows the password, or ask for a second factor.

        The answer and the work are the same whether the address is unknown, the user is
        disabled or the password is wrong. Raises Invalid, and Throttled after many tries.
        """
        refusal = Invalid(REFUSED, code="refused")
        passed = await self._gate.check(visitor, comparable(email), password, refusal)
        user, now = passed.user, self._clock()
        async with self._database.begin() as work:
            await self._gate.settle(work, passed)
            trusted = passed.browser is not None and passed.browser.trusted(now)
            shown = Shown((Method.PASSWORD,))
            return await admit(work, user, visitor, shown, now, trusted=trusted)

    async def pending(self, visitor: Visitor, token: str) -> Pending:  # noqa: ARG002 - the form of sign-in
        """Return what the page of the second factor says. Raises Conflict if it is over."""
        async with self._database.read() as work:
            challenge = await work.challenges.find(token_hash(token), self._clock())
            if challenge is None:
                raise _over()
            user = await work.users.get(challenge.user_id)
            factors = await work.factors.of_user(user.id)
            policy = await work.policies.of_user(user.id)
        return Pending(user=user, factors=factors, trust_days=policy.trust_days)

    async def answer(
        self, visitor: Visitor, token: str, code: str, *, trust: bool = False
    ) -> Admitted:
        """Let in who has the second factor: the code of an app, or a recovery code.

        Raises Invalid for a wrong or used code, Throttled, and Conflict once the challenge
        is over: after ten minutes, or five tries.
        """
        challenge, user = await self._take_try(visitor, token)
        now = self._clock()
        async with self._database.begin() as work:
            method = await accept_code(
                work, self._codes, self._digest, user, OneTimeCode.read(code), now
            )
            if method is not None:
                return await self._admit(
                    work, visitor, challenge, user, method, trust=trust
                )
        await self._refuse(visitor, challenge, user)
        message = "This code is not right, or was used before."
        raise _over() if challenge.is_over else Invalid(message, field="code")

    async def enrol(
        self, visitor: Visitor, token: str, *, name: str, secret: str, code: str
    ) -> Admitted:
        """Let in who sets up their first authenticator, as their company demands.

        Raises Invalid for a wrong code, Throttled, and Conflict if the challenge is over or
        the person has a second factor already.
        """
        check_secret(secret)
        challenge, user = await self._take_try(visitor, token)
        now = self._clock()
        step = self._codes.step(secret, OneTimeCode.read(code).text, now)
        if step is None:
            await self._refuse(visitor, challenge, user)
            message = "This code is not right. Take the newest one."
            raise _over() if challenge.is_over else Invalid(message, field="code")
        async with self._database.begin() as work:
            if (await work.factors.of_user(user.id)).any:
                raise _over()
            factor = Authenticator.create(
                user.id, name=name, secret=secret, step=step, at=now
            )
            await work.factors.add_authenticator(factor)
            stamp = actor_for(user, visitor).stamp(now)
            added = FactorAdded(
                stamp=stamp, user_id=user.id, kind=Method.CODE, name=factor.name
            )
            work.emit(added)
            return await self._admit(work, visitor, challenge, user, Method.CODE)

    async def ask_for_passkey(self, visitor: Visitor) -> str:  # noqa: ARG002 - the form of sign-in
        """Return, as JSON for the browser, the question for a passkey of anybody here."""
        now = self._clock()
        ceremony = Ceremony.create(None, now)
        async with self._database.begin() as work:
            await work.ceremonies.add(ceremony, now)
        return self._passkeys.request(ceremony.challenge, ())

    async def answer_with_passkey(
        self, visitor: Visitor, response: str, token: str = ""
    ) -> Admitted:
        """Let in who has the passkey. No name and no password is needed.

        From a device that did not make sure of its owner it is but a second factor: then
        the token of a challenge belongs to it. Raises Invalid; the answer is used up.
        """
        now = self._clock()
        challenge = self._passkeys.challenge_of(response)
        credential_id = self._passkeys.credential_of(response)
        async with self._database.begin() as work:
            ceremony = await work.ceremonies.use(challenge, now)
        async with self._database.begin() as work:
            passkey = await work.factors.find_passkey(credential_id)
            if ceremony is None or ceremony.user_id is not None or passkey is None:
                raise _no_passkey()
            assertion = self._passkeys.verify(response, challenge, passkey)
            user = await work.users.get(passkey.user_id)
            pending = await work.challenges.find(token_hash(token), now)
            if pending is not None and pending.user_id != user.id:
                pending = None
            if user.disabled or not (assertion.verified or pending):
                raise _no_passkey()
            await work.factors.use_passkey(passkey.id, assertion.sign_count, now)
            await work.challenges.end_all(user.id)
            policy = await work.policies.of_user(user.id)
            shown = Shown((Method.PASSKEY,), second_factor=True)
            if pending is None:
                refuse_other_ways(policy, shown)
            else:
                shown = pending.answered(Method.PASSKEY)
            return await open_session(work, user, visitor, shown, now, policy=policy)

    async def sign_out(self, visitor: Visitor, token: str) -> None:
        """End the session of this token. A token that is not known is no error."""
        async with self._database.begin() as work:
            user_id = await work.sessions.end(token_hash(token))
            if user_id is not None:
                user = await work.users.get(user_id)
                stamp = actor_for(user, visitor).stamp(self._clock())
                work.emit(UserSignedOut(stamp=stamp, user_id=user_id))

    async def _take_try(self, visitor: Visitor, token: str) -> tuple[Challenge, User]:
        """Count a try at a code before it is looked at. Raises Conflict, and Throttled."""
        now = self._clock()
        async with self._database.begin() as work:
            challenge = await work.challenges.take_try(token_hash(token), now)
            if challenge is None:
                raise _over()
            user = await work.users.get(challenge.user_id)
            if user.disabled:
                raise _over()
            await charge(work, _places(user, visitor), now)
        return challenge, user

    async def _admit(
        self,
        work: IdentityWork,
        visitor: Visitor,
        challenge: Challenge,
        user: User,
        method: Method,
        *,
        trust: bool = False,
    ) -> Admitted:
        if not await work.challenges.end(challenge.token_hash):
            raise _over()
        await refund(work, _places(user, visitor))
        policy = await work.policies.of_user(user.id)
        return await open_session(
            work,
            user,
            visitor,
            challenge.answered(method),
            self._clock(),
            policy=policy,
            trust=timedelta(days=policy.trust_days if trust else 0),
        )

    async def _refuse(self, visitor: Visitor, challenge: Challenge, user: User) -> None:
        network, now = network_of(visitor.address), self._clock()
        actor = actor_for(user, visitor)
        async with self._database.begin() as work:
            refused = SecondFactorRefused(
                stamp=actor.stamp(now), user_id=user.id, network=network
            )
            work.emit(refused)
            if challenge.is_over and await work.challenges.end(challenge.token_hash):
                locked = UserLocked(
                    stamp=actor.stamp(now), user_id=user.id, network=network, what="code"
                )
                work.emit(locked)


def _places(user: User, visitor: Visitor) -> Buckets:
    network = network_of(visitor.address)
    return buckets(user.email, network, familiar=True, what="factor:")


def _no_passkey() -> Invalid:
    message = "The passkey was not accepted. Try again, or sign in another way."
    return Invalid(message, code="refused")


def _over() -> Conflict:
    message = "This took too long, or too many tries. Sign in again."
    return Conflict(message, code="challenge_over")
