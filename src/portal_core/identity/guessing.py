"""Asking for a password, as often as is bearable: tries are counted, and then looked at."""

import hashlib
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from portal_core.clock import Clock
from portal_core.errors import Invalid, Throttled
from portal_core.events import ActorKind
from portal_core.identity.actor import Actor
from portal_core.identity.browsers import Browser
from portal_core.identity.events import SignInRefused, UserLocked
from portal_core.identity.model import User, normal_email
from portal_core.identity.ports import IdentityDatabase, IdentityWork, PasswordHasher
from portal_core.identity.throttle import (
    NOTICE_AFTER,
    Attempts,
    Delay,
    buckets,
    network_of,
)
from portal_core.identity.tokens import token_hash
from portal_core.identity.visitor import Visitor
from portal_core.ids import UserId

_NOBODY = UserId(UUID(int=0))


Buckets = tuple[tuple[str, Delay], ...]


class Counted(Struct, frozen=True):
    """A try that was counted: at whose account, where, and as which failure in a row.

    `browser` is the one it came from, if the account's owner has signed in with it before.
    """

    user: User | None
    browser: Browser | None
    buckets: Buckets
    failures: int


class Passed(Struct, frozen=True):
    """Somebody who knew the password; and its hash by today's rules, if it needs one."""

    user: User
    browser: Browser | None
    buckets: Buckets
    fresh_hash: str | None


class Gate:
    """Lets through who knows the password of an account.

    The answer and the work are the same whether the address is unknown, the user is
    disabled or the password is wrong.
    """

    def __init__(
        self, *, database: IdentityDatabase, hasher: PasswordHasher, clock: Clock
    ) -> None:
        self._database = database
        self._hasher = hasher
        self._clock = clock

    async def check(
        self, visitor: Visitor, email: str, password: str, refusal: Invalid
    ) -> Passed:
        """Return who has passed. Raises the refusal, and Throttled after many tries."""
        counted = await self.count(visitor, email)
        user = counted.user
        async with self._database.read() as work:
            stored = await work.credentials.find(user.id if user else _NOBODY)
        fits = await self._hasher.verify(stored, password)
        if user is None or user.disabled or not fits:
            await self._refuse(visitor, counted)
            raise refusal
        outdated = stored is not None and self._hasher.outdated(stored)
        fresh_hash = await self._hasher.hash(password) if outdated else None
        return Passed(user, counted.browser, counted.buckets, fresh_hash)

    async def count(self, visitor: Visitor, email: str, *, what: str = "") -> Counted:
        """Count a try at an account. Raises Throttled, which counts nothing."""
        now = self._clock()
        network = network_of(visitor.address)
        async with self._database.begin() as work:
            user = await work.users.find_by_email(email)
            owner = user.id if user else _NOBODY
            browser = await find_browser(work, owner, visitor)
            familiar = await work.browsers.used_from(owner, network)
            familiar = familiar or browser is not None
            places = buckets(email, network, familiar=familiar, what=what)
            return Counted(user, browser, places, await charge(work, places, now))

    async def settle(self, work: IdentityWork, passed: Passed) -> None:
        """Give the counted try back, forget the failures before it, renew the hash."""
        await refund(work, passed.buckets)
        if passed.fresh_hash is not None:
            user_id = passed.user.id
            await work.credentials.keep(user_id, passed.fresh_hash, self._clock())

    async def _refuse(self, visitor: Visitor, counted: Counted) -> None:
        user, network = counted.user, network_of(visitor.address)
        user_id = user.id if user else None
        async with self._database.begin() as work:
            actor, now = actor_for(user, visitor), self._clock()
            refused = SignInRefused(
                stamp=actor.stamp(now), user_id=user_id, network=network
            )
            work.emit(refused)
            if user is not None and counted.failures == NOTICE_AFTER:
                locked = UserLocked(
                    stamp=actor.stamp(now), user_id=user.id, network=network
                )
                work.emit(locked)


async def charge(work: IdentityWork, counted: Buckets, now: datetime) -> int:
    """Count a try in every bucket; return the failures of the first. Raises Throttled."""
    locked = [(name, delay, await work.attempts.lock(name)) for name, delay in counted]
    wait = max(delay.wait(attempts, now) for _, delay, attempts in locked)
    if wait:
        raise Throttled(_patience(wait), wait=wait)
    charged = [(name, delay.charge(attempts, now)) for name, delay, attempts in locked]
    for name, attempts in charged:
        await work.attempts.keep(name, attempts)
    return charged[0][1].failures


async def refund(work: IdentityWork, counted: Buckets) -> None:
    """Take a counted try back, and forget all failures of the first bucket."""
    own, *others = counted
    await work.attempts.lock(own[0])
    await work.attempts.keep(own[0], Attempts())
    for name, delay in others:
        attempts = await work.attempts.lock(name)
        await work.attempts.keep(name, delay.refund(attempts))


def actor_for(user: User | None, visitor: Visitor) -> Actor:
    """Return who acts at the door, where nobody holds a permission yet."""
    return Actor(
        kind=ActorKind.USER if user else ActorKind.SYSTEM,
        id=user.id if user else None,
        name=user.name if user else "somebody unknown",
        permissions=frozenset(),
        request_id=visitor.request_id,
    )


def comparable(email: str) -> str:
    """Return the address as it is counted; nonsense counts too, and finds nobody."""
    try:
        return normal_email(email)
    except Invalid:
        return hashlib.sha256(email.encode(errors="replace")).hexdigest()


async def find_browser(
    work: IdentityWork, user_id: UserId, visitor: Visitor
) -> Browser | None:
    """Return the browser that the visitor comes with, if the user has used it before."""
    hashes = [token_hash(token) for token in visitor.known_as]
    return await work.browsers.find(user_id, hashes)


def _patience(wait: timedelta) -> str:
    seconds = int(wait.total_seconds()) + 1
    if seconds < 90:  # noqa: PLR2004 - from there on minutes are easier to read
        return f"Too many tries. Wait {seconds} seconds, then try again."
    return f"Too many tries. Wait {seconds // 60 + 1} minutes, then try again."
