"""Signed-in browsers: opening a session, seeing one's own, and ending them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from portal_core.clock import Clock
from portal_core.errors import NotFound
from portal_core.identity.actor import Actor
from portal_core.identity.browsers import Browser
from portal_core.identity.events import (
    BrowserAdded,
    BrowserForgotten,
    SessionEnded,
    SessionsEnded,
    UserSignedIn,
)
from portal_core.identity.guessing import actor_for
from portal_core.identity.model import Session, User
from portal_core.identity.permissions import Permission
from portal_core.identity.policy import Shown, SignInPolicy
from portal_core.identity.ports import IdentityDatabase, IdentityWork
from portal_core.identity.throttle import network_of
from portal_core.identity.tokens import new_token, token_hash
from portal_core.identity.visitor import Visitor
from portal_core.ids import BrowserId, SessionId, UserId, new_id

_LONGEST_BROWSER = 200


class Admitted(Struct, frozen=True):
    """Somebody who has come in: the tokens of their session and of their browser.

    Neither is stored here. `left` are the other people's tokens that the browser still
    holds and that it should go on holding.
    """

    token: str
    browser_token: str
    left: tuple[str, ...] = ()


class Seats(Struct, frozen=True):
    """Where somebody is signed in, and the browsers that they have signed in with."""

    sessions: Sequence[Session]
    browsers: Sequence[Browser]


class SessionService:
    """Seeing where one is signed in, and ending that; administrators do so for others."""

    def __init__(self, *, database: IdentityDatabase, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def own(self, actor: Actor) -> Seats:
        """Return the acting user's live sessions and known browsers."""
        return await self._seats(actor.user_id)

    async def of_user(self, actor: Actor, user_id: UserId) -> Seats:
        """Return the user's live sessions and known browsers. Raises NotFound."""
        actor.require(Permission.MANAGE_USERS)
        return await self._seats(user_id)

    async def end(self, actor: Actor, session_id: SessionId) -> None:
        """End one of one's own sessions. Raises NotFound."""
        await self._end(actor, actor.user_id, session_id)

    async def end_of_user(
        self, actor: Actor, user_id: UserId, session_id: SessionId
    ) -> None:
        """End one of the user's sessions. Raises NotFound."""
        actor.require(Permission.MANAGE_USERS)
        await self._end(actor, user_id, session_id)

    async def end_others(self, actor: Actor) -> int:
        """End all of one's own sessions but this one; return how many there were."""
        return await self._end_all(actor, actor.user_id)

    async def end_all_of_user(self, actor: Actor, user_id: UserId) -> int:
        """End the user's sessions; return how many there were."""
        actor.require(Permission.MANAGE_USERS)
        return await self._end_all(actor, user_id)

    async def forget(self, actor: Actor, browser_id: BrowserId) -> None:
        """Forget one of one's own browsers, and trust it no more. Raises NotFound."""
        user_id = actor.user_id
        async with self._database.begin() as work:
            if not await work.browsers.remove(user_id, browser_id):
                raise NotFound("This browser is not known any more.")
            stamp = actor.stamp(self._clock())
            work.emit(BrowserForgotten(stamp=stamp, user_id=user_id, browser_id=browser_id))

    async def _seats(self, user_id: UserId) -> Seats:
        now = self._clock()
        async with self._database.read() as work:
            await work.users.get(user_id)
            sessions = await work.sessions.of_user(user_id)
            browsers = await work.browsers.of_user(user_id)
        return Seats([one for one in sessions if one.alive(now)], browsers)

    async def _end(self, actor: Actor, user_id: UserId, session_id: SessionId) -> None:
        async with self._database.begin() as work:
            if not await work.sessions.end_one(user_id, session_id):
                raise NotFound("This session has ended already.")
            stamp = actor.stamp(self._clock())
            work.emit(SessionEnded(stamp=stamp, user_id=user_id, session_id=session_id))

    async def _end_all(self, actor: Actor, user_id: UserId) -> int:
        async with self._database.begin() as work:
            ended = await work.sessions.end_all(user_id, but=actor.session_id)
            if ended:
                stamp = actor.stamp(self._clock())
                work.emit(SessionsEnded(stamp=stamp, user_id=user_id, sessions=ended))
        return ended


async def open_session(
    work: IdentityWork,
    user: User,
    visitor: Visitor,
    shown: Shown,
    now: datetime,
    *,
    policy: SignInPolicy,
    trust: timedelta = timedelta(),
) -> Admitted:
    """Store a session with a fresh random token, and know the browser again from now on.

    `policy` says how long it lives. `trust` is for how long a password will be enough in
    this browser; zero leaves that as it is.
    """
    admitted, browser, is_new = await _recognise(work, user, visitor, now)
    if trust:
        browser = replace(browser, trusted_until=now + trust)
    await work.browsers.keep(browser)
    session = Session(
        id=SessionId(new_id()),
        token_hash=token_hash(admitted.token),
        user_id=user.id,
        methods=shown.methods,
        provider_id=shown.provider_id,
        second_factor=shown.second_factor,
        proved_at=now,
        created_at=now,
        seen_at=now,
        ends_at=now + timedelta(hours=policy.absolute_hours),
        idle_minutes=policy.idle_minutes,
        network=browser.network,
        browser=browser.name,
    )
    await work.sessions.add(session)
    await work.users.save(replace(user, signed_in_at=now, version=user.version + 1))
    work.emit(
        UserSignedIn(
            stamp=actor_for(user, visitor).stamp(now),
            user_id=user.id,
            network=session.network,
            browser=session.browser,
            methods=session.methods,
            provider_id=session.provider_id,
        )
    )
    if is_new and user.signed_in_at is not None:
        work.emit(
            BrowserAdded(
                stamp=actor_for(user, visitor).stamp(now),
                user_id=user.id,
                browser=session.browser,
                network=session.network,
            )
        )
    return admitted


async def _recognise(
    work: IdentityWork, user: User, visitor: Visitor, now: datetime
) -> tuple[Admitted, Browser, bool]:
    """Return fresh tokens, the browser that holds one of them, and whether it is new."""
    by_hash = {token_hash(token): token for token in visitor.known_as}
    known = await work.browsers.find(user.id, tuple(by_hash))
    network, name = network_of(visitor.address), visitor.browser[:_LONGEST_BROWSER]
    token = new_token()
    if known is None:
        browser = Browser.create(
            user.id, token_hash=token_hash(token), name=name, network=network, at=now
        )
    else:
        by_hash.pop(known.token_hash, None)
        browser = replace(
            known, token_hash=token_hash(token), name=name, network=network, seen_at=now
        )
    return Admitted(new_token(), token, tuple(by_hash.values())), browser, known is None
