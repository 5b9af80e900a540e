"""Passwords: what they may be, changing one, and getting in again without one."""

from datetime import datetime

from msgspec.structs import replace

from portal_core.clock import Clock
from portal_core.errors import Invalid, NotFound, check_all
from portal_core.identity.actor import Actor
from portal_core.identity.admission import Challenged, admit
from portal_core.identity.events import (
    InvitationAccepted,
    PasswordChanged,
    PasswordResetAsked,
)
from portal_core.identity.factor_ports import KnownPasswords
from portal_core.identity.factors import Method
from portal_core.identity.guessing import Gate, actor_for, comparable
from portal_core.identity.model import User, clean_name, normal_email
from portal_core.identity.policy import Shown
from portal_core.identity.ports import IdentityDatabase, IdentityWork, PasswordHasher
from portal_core.identity.sessions import Admitted
from portal_core.identity.throttle import network_of
from portal_core.identity.tokens import OneTimeToken, Purpose, token_hash
from portal_core.identity.visitor import Visitor
from portal_core.ids import SessionId

# NIST SP 800-63B-4 §3.1.1.2: 15 characters where the password stands alone, and it may
# always come to stand alone. No rules of composition, no forced rotation.
SHORTEST_PASSWORD = 15
LONGEST_PASSWORD = 128
_FEWEST_CHARACTERS = 5


class PasswordService:
    """Setting one's own password: knowing the old one, or by a link that was mailed."""

    def __init__(
        self,
        *,
        database: IdentityDatabase,
        hasher: PasswordHasher,
        known: KnownPasswords,
        clock: Clock,
    ) -> None:
        self._database = database
        self._hasher = hasher
        self._known = known
        self._clock = clock
        self._gate = Gate(database=database, hasher=hasher, clock=clock)

    async def change(
        self, actor: Actor, visitor: Visitor, *, current: str, new: str
    ) -> None:
        """Set another password, and end every other session.

        Raises Invalid, also if the current one does not fit, and Throttled.
        """
        async with self._database.read() as work:
            user = await work.users.get(actor.user_id)
        refusal = Invalid("This is not your password.", field="current", code="refused")
        passed = await self._gate.check(visitor, user.email, current, refusal)
        if current == new:
            message = "Choose another password than the one you have."
            raise Invalid(message, field="password", code="unchanged")
        check_password(new, email=user.email, known=self._known)
        password_hash = await self._hasher.hash(new)
        async with self._database.begin() as work:
            await self._gate.settle(work, passed)
            user = await work.users.get(user.id)
            now = self._clock()
            await renew_password(
                work, user, password_hash, now, session_id=actor.session_id
            )
            work.emit(PasswordChanged(stamp=actor.stamp(now), user_id=user.id))

    async def forgot(self, visitor: Visitor, email: str) -> None:
        """Ask for a link to set another password; it goes to the address, if it is known.

        The answer and the work are the same for an unknown address. Raises Throttled.
        """
        address = comparable(email)
        counted = await self._gate.count(visitor, address, what="forgot:")
        user = counted.user
        able = user is not None and not user.disabled
        async with self._database.begin() as work:
            work.emit(
                PasswordResetAsked(
                    stamp=actor_for(user, visitor).stamp(self._clock()),
                    user_id=user.id if user is not None and able else None,
                    network=network_of(visitor.address),
                )
            )

    async def check(self, visitor: Visitor, token: str, purpose: Purpose) -> User:  # noqa: ARG002 - the form of sign-in
        """Return whom the link is for. Raises NotFound unless it would work."""
        async with self._database.read() as work:
            found = await work.tokens.find(token_hash(token), self._clock())
            user = await work.users.get(found.user_id) if found else None
        if found is None or found.purpose is not purpose or user is None or user.disabled:
            raise _spent()
        return user

    async def reset(self, visitor: Visitor, token: str, password: str) -> None:
        """Set the password by a mailed link; every session and trusted browser ends.

        Raises NotFound unless the link works, and Invalid, which leaves the link alive.
        """
        user = await self.check(visitor, token, Purpose.RESET)
        await self._refuse_unfit(user, password)
        password_hash = await self._hasher.hash(password)
        now = self._clock()
        async with self._database.begin() as work:
            await _use(work, token, Purpose.RESET, self._clock)
            user = await work.users.get(user.id)
            await renew_password(work, user, password_hash, now)
            stamp = actor_for(user, visitor).stamp(now)
            work.emit(PasswordChanged(stamp=stamp, user_id=user.id, how="reset"))

    async def accept(
        self, visitor: Visitor, token: str, *, name: str, password: str
    ) -> Admitted | Challenged:
        """Accept an invitation: choose a name and a password, and be signed in.

        Raises NotFound unless the link works, and Invalid, which leaves the link alive.
        """
        user = await self.check(visitor, token, Purpose.INVITATION)
        check_all(
            lambda: clean_name(name),
            lambda: check_password(password, email=user.email, known=self._known),
        )
        password_hash = await self._hasher.hash(password)
        now = self._clock()
        async with self._database.begin() as work:
            await _use(work, token, Purpose.INVITATION, self._clock)
            user = replace(await work.users.get(user.id), name=clean_name(name))
            user = await renew_password(work, user, password_hash, now)
            stamp = actor_for(user, visitor).stamp(now)
            work.emit(InvitationAccepted(stamp=stamp, user_id=user.id))
            shown = Shown((Method.PASSWORD,))
            return await admit(work, user, visitor, shown, now, invited=True)

    async def _refuse_unfit(self, user: User, password: str) -> None:
        check_password(password, email=user.email, known=self._known)
        async with self._database.read() as work:
            stored = await work.credentials.find(user.id)
        if stored is not None and await self._hasher.verify(stored, password):
            message = "This is the password you had. Choose another one."
            raise Invalid(message, field="password", code="unchanged")


def check_password(password: str, *, email: str, known: KnownPasswords) -> None:
    """Raise Invalid unless the password is fit for use (NIST SP 800-63B-4)."""
    if len(password) < SHORTEST_PASSWORD:
        message = f"Use at least {SHORTEST_PASSWORD} characters; a short sentence is fine."
        raise Invalid(message, field="password", code="too_short")
    if len(password) > LONGEST_PASSWORD:
        message = f"Use at most {LONGEST_PASSWORD} characters."
        raise Invalid(message, field="password", code="too_long")
    easy = password.casefold() == email.casefold()
    if easy or len(set(password)) < _FEWEST_CHARACTERS:
        message = "This password is too easy to guess. A few unrelated words are better."
        raise Invalid(message, field="password", code="too_easy")
    if known.known(password):
        message = "This password is on lists that attackers use. Choose another one."
        raise Invalid(message, field="password", code="leaked")


def check_newcomer(
    *, name: str, email: str, password: str | None, known: KnownPasswords
) -> None:
    """Raise one Invalid for all that is wrong with a new user; None is no password yet."""
    check_all(
        lambda: clean_name(name),
        lambda: normal_email(email),
        lambda: (
            None
            if password is None
            else check_password(password, email=email.strip(), known=known)
        ),
    )


async def _use(work: IdentityWork, token: str, purpose: Purpose, clock: Clock) -> None:
    found: OneTimeToken | None = await work.tokens.use(token_hash(token), clock())
    if found is None or found.purpose is not purpose:
        raise _spent()


async def renew_password(
    work: IdentityWork,
    user: User,
    password_hash: str,
    now: datetime,
    *,
    session_id: SessionId | None = None,
    must_change: bool = False,
) -> User:
    """Store the password and end whatever came in by an older one, but for one session.

    Return the user as they are stored now.
    """
    await work.credentials.keep(user.id, password_hash, now)
    await work.sessions.end_all(user.id, but=session_id)
    await work.browsers.distrust(user.id)
    await work.tokens.end_all(user.id)
    await work.challenges.end_all(user.id)
    renewed = replace(user, must_change_password=must_change, version=user.version + 1)
    await work.users.save(renewed)
    return renewed


def _spent() -> NotFound:
    return NotFound("This link does not work any more. Ask for a new one.", code="spent")
