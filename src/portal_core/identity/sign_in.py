"""Coming in and going out: the first administrator, passwords and sessions."""

import hashlib
import secrets
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from portal_core.clock import Clock
from portal_core.errors import Conflict, Invalid, NotFound, Throttled
from portal_core.events import ActorKind
from portal_core.identity.actor import Actor
from portal_core.identity.events import (
    SignInRefused,
    UserCreated,
    UserSignedIn,
    UserSignedOut,
)
from portal_core.identity.model import (
    ABSOLUTE_LIFETIME,
    Session,
    User,
    check_newcomer,
    normal_email,
)
from portal_core.identity.permissions import MspRole
from portal_core.identity.ports import IdentityDatabase, IdentityWork, PasswordHasher
from portal_core.identity.throttle import Attempts, Delay, buckets, network_of

SETUP_LIFETIME = timedelta(hours=24)


class Visitor(Struct, frozen=True):
    """Somebody at the door, before we know who: network address, browser, request."""

    address: str
    browser: str = ""
    request_id: str | None = None


class SignInService:
    """Signing in and out."""

    def __init__(
        self, *, database: IdentityDatabase, hasher: PasswordHasher, clock: Clock
    ) -> None:
        self._database = database
        self._hasher = hasher
        self._clock = clock

    async def sign_in(self, visitor: Visitor, email: str, password: str) -> str:
        """Return the token of a new session.

        The answer and the work are the same whether the address is unknown, the user is
        disabled or the password is wrong. Raises Invalid, and Throttled after many tries.
        """
        address = _comparable(email)
        network = network_of(visitor.address)
        await self._charge(address, network)
        user, stored = await self._credentials(address)
        fits = await self._hasher.verify(stored, password)
        if user is None or user.disabled or not fits:
            await self._refuse(visitor, user, network)
            raise Invalid(
                "The e-mail address or the password is not right.", code="refused"
            )
        fresh = await self._fresh_hash(stored, password)
        return await self._admit(visitor, user, fresh)

    async def sign_out(self, visitor: Visitor, token: str) -> None:
        """End the session of this token. A token that is not known is no error."""
        async with self._database.begin() as work:
            user_id = await work.sessions.end(token_hash(token))
            if user_id is not None:
                user = await work.users.get(user_id)
                stamp = _actor(user, visitor).stamp(self._clock())
                work.emit(UserSignedOut(stamp=stamp, user_id=user_id))

    async def _charge(self, email: str, network: str) -> None:
        """Count a try before its password is looked at. Raises Throttled."""
        now = self._clock()
        waits: list[timedelta] = []
        async with self._database.begin() as work:
            locked: list[tuple[str, Delay, Attempts]] = []
            for bucket, delay in buckets(email, network):
                attempts = await work.attempts.lock(bucket)
                waits.append(delay.wait(attempts, now))
                locked.append((bucket, delay, attempts))
            if not any(waits):
                for bucket, delay, attempts in locked:
                    await work.attempts.keep(bucket, delay.charge(attempts, now))
        if any(waits):
            raise Throttled(_patience(max(waits)), wait=max(waits))

    async def _credentials(self, email: str) -> tuple[User | None, str | None]:
        async with self._database.read() as work:
            user = await work.users.find_by_email(email)
            return user, await work.credentials.find(user.id) if user else None

    async def _fresh_hash(self, stored: str | None, password: str) -> str | None:
        if stored is not None and self._hasher.outdated(stored):
            return await self._hasher.hash(password)
        return None

    async def _refuse(self, visitor: Visitor, user: User | None, network: str) -> None:
        async with self._database.begin() as work:
            stamp = _actor(user, visitor).stamp(self._clock())
            user_id = user.id if user else None
            work.emit(SignInRefused(stamp=stamp, user_id=user_id, network=network))

    async def _admit(self, visitor: Visitor, user: User, fresh_hash: str | None) -> str:
        now = self._clock()
        network = network_of(visitor.address)
        async with self._database.begin() as work:
            for bucket, delay in buckets(user.email, network):
                own = bucket.startswith("account:")
                attempts = await work.attempts.lock(bucket)
                kept = Attempts() if own else delay.refund(attempts)
                await work.attempts.keep(bucket, kept)
            if fresh_hash is not None:
                await work.credentials.keep(user.id, fresh_hash, now)
            return await open_session(work, user, visitor, now)


class SetupService:
    """Making the first administrator, by a link that the installer printed."""

    def __init__(
        self, *, database: IdentityDatabase, hasher: PasswordHasher, clock: Clock
    ) -> None:
        self._database = database
        self._hasher = hasher
        self._clock = clock

    async def offer(self, actor: Actor) -> str | None:
        """Return a new one-time token; None if there already is a user."""
        actor.require_system()
        token = secrets.token_urlsafe(32)
        async with self._database.begin() as work:
            if await work.users.any():
                return None
            await work.setup_tokens.offer(token_hash(token), self._clock() + SETUP_LIFETIME)
        return token

    async def check(self, visitor: Visitor, token: str) -> None:  # noqa: ARG002 - the form of sign-in
        """Raise NotFound unless the token could make the first administrator."""
        async with self._database.read() as work:
            valid = await work.setup_tokens.valid(token_hash(token), self._clock())
            if not valid or await work.users.any():
                raise NotFound("There is no such page.")

    async def complete(
        self, visitor: Visitor, token: str, *, name: str, email: str, password: str
    ) -> str:
        """Make the first administrator and return the token of their session.

        Raises NotFound unless the token is live and there is no user yet; of several at
        once only one succeeds. Raises Invalid and keeps the token for broken input.
        """
        await self.check(visitor, token)
        now = self._clock()
        role = MspRole.ADMINISTRATOR
        check_newcomer(name=name, email=email, password=password)
        user = User.create(email=email, name=name, at=now, msp_role=role)
        password_hash = await self._hasher.hash(password)
        async with self._database.begin() as work:
            if not await work.setup_tokens.use(token_hash(token), now):
                raise NotFound("There is no such page.")
            if await work.users.any():
                raise Conflict("The portal has been set up already. Sign in instead.")
            await work.users.add(user)
            await work.credentials.keep(user.id, password_hash, now)
            work.emit(user_created(user, _actor(user, visitor), now))
            return await open_session(work, user, visitor, now)


async def open_session(
    work: IdentityWork, user: User, visitor: Visitor, now: datetime
) -> str:
    """Store a session with a fresh random token, and return the token (256 bits)."""
    token = secrets.token_urlsafe(32)
    session = Session(
        token_hash=token_hash(token),
        user_id=user.id,
        created_at=now,
        seen_at=now,
        ends_at=now + ABSOLUTE_LIFETIME[user.msp_role is not None],
        network=network_of(visitor.address),
        browser=visitor.browser[:200],
    )
    await work.sessions.add(session)
    await work.users.save(replace(user, signed_in_at=now, version=user.version + 1))
    stamp = _actor(user, visitor).stamp(now)
    work.emit(UserSignedIn(stamp=stamp, user_id=user.id, network=session.network))
    return token


def token_hash(token: str) -> bytes:
    """Return the SHA-256 under which a token of 256 random bits is stored."""
    return hashlib.sha256(token.encode()).digest()


def user_created(user: User, actor: Actor, at: datetime) -> UserCreated:
    """Return the fact that the user was created."""
    return UserCreated(
        stamp=actor.stamp(at),
        user_id=user.id,
        email=user.email,
        name=user.name,
        msp_role=user.msp_role,
    )


def _actor(user: User | None, visitor: Visitor) -> Actor:
    return Actor(
        kind=ActorKind.USER if user else ActorKind.SYSTEM,
        id=user.id if user else None,
        name=user.name if user else "somebody unknown",
        permissions=frozenset(),
        request_id=visitor.request_id,
    )


def _comparable(email: str) -> str:
    """Return the address as it is counted; nonsense counts too, and finds nobody."""
    try:
        return normal_email(email)
    except Invalid:
        return hashlib.sha256(email.encode(errors="replace")).hexdigest()


def _patience(wait: timedelta) -> str:
    seconds = int(wait.total_seconds()) + 1
    if seconds < 90:  # noqa: PLR2004 - from there on minutes are easier to read
        return f"Too many tries. Wait {seconds} seconds, then try again."
    return f"Too many tries. Wait {seconds // 60 + 1} minutes, then try again."
