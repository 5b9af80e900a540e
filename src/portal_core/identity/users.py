"""Adding and changing the people who sign in."""

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from portal_core.clock import Clock
from portal_core.errors import Conflict, Invalid
from portal_core.identity.actor import Actor
from portal_core.identity.events import (
    InvitationRevoked,
    PasswordChanged,
    UserCreated,
    UserDisabled,
    UserEnabled,
    UserInvited,
    UserUpdated,
)
from portal_core.identity.factor_ports import KnownPasswords
from portal_core.identity.model import User, normal_email
from portal_core.identity.passwords import check_newcomer, check_password, renew_password
from portal_core.identity.permissions import MspRole, Permission
from portal_core.identity.ports import IdentityDatabase, IdentityWork, PasswordHasher
from portal_core.identity.tokens import Purpose
from portal_core.ids import UserId
from portal_core.paging import Page, Window


class Invitation(Struct, frozen=True):
    """Whether a user has yet to choose a password, and till when the last link works."""

    open: bool
    ends_at: datetime | None


class UserService:
    """The people of all companies, as the MSP sees them."""

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

    async def page(self, actor: Actor, search: str, window: Window) -> Page[User]:
        """Return users whose name or address contains the text, by name."""
        actor.require(Permission.MANAGE_USERS)
        async with self._database.read() as work:
            return await work.users.page(search, window)

    async def get(self, actor: Actor, user_id: UserId) -> User:
        """Return the user. Raises NotFound."""
        actor.require(Permission.MANAGE_USERS)
        async with self._database.read() as work:
            return await work.users.get(user_id)

    async def create(
        self,
        actor: Actor,
        *,
        email: str,
        name: str,
        password: str | None = None,
        temporary: bool = False,
        msp_role: MspRole | None = None,
    ) -> User:
        """Add a user. Without a password they are invited by mail to choose one.

        A temporary password must be changed at the first sign-in. Raises Invalid, also if
        the e-mail address is taken.
        """
        actor.require(Permission.MANAGE_USERS)
        now = self._clock()
        check_newcomer(name=name, email=email, password=password, known=self._known)
        user = User.create(email=email, name=name, at=now, msp_role=msp_role)
        user = replace(user, must_change_password=temporary)
        password_hash = await self._hasher.hash(password) if password else None
        async with self._database.begin() as work:
            if await work.users.find_by_email(user.email):
                raise _taken()
            await work.users.add(user)
            work.emit(user_created(user, actor, now))
            if password_hash is not None:
                await work.credentials.keep(user.id, password_hash, now)
            else:
                work.emit(UserInvited(stamp=actor.stamp(now), user_id=user.id))
        return user

    async def invite(self, actor: Actor, user_id: UserId) -> None:
        """Send the invitation again; the earlier link ends.

        Raises Conflict for somebody who has a password already, or is disabled.
        """
        actor.require(Permission.MANAGE_USERS)
        async with self._database.begin() as work:
            user = await work.users.get(user_id)
            if user.disabled or await work.credentials.find(user_id):
                raise Conflict(f"{user.name} needs no invitation.")
            work.emit(UserInvited(stamp=actor.stamp(self._clock()), user_id=user_id))

    async def revoke_invitation(self, actor: Actor, user_id: UserId) -> None:
        """End the link of the invitation. Raises Conflict if there is none."""
        actor.require(Permission.MANAGE_USERS)
        now = self._clock()
        async with self._database.begin() as work:
            if await work.tokens.live(user_id, Purpose.INVITATION, now) is None:
                raise Conflict("There is no invitation that could be revoked.")
            await work.tokens.end_all(user_id)
            work.emit(InvitationRevoked(stamp=actor.stamp(now), user_id=user_id))

    async def invitation(self, actor: Actor, user_id: UserId) -> Invitation:
        """Return whether the user has yet to choose a password, and till when they can."""
        actor.require(Permission.MANAGE_USERS)
        async with self._database.read() as work:
            chosen = await work.credentials.find(user_id) is not None
            live = await work.tokens.live(user_id, Purpose.INVITATION, self._clock())
        return Invitation(open=not chosen, ends_at=live.ends_at if live else None)

    async def edit(
        self, actor: Actor, user_id: UserId, *, name: str, email: str, version: int
    ) -> User:
        """Change the user's name and address. Raises Conflict if somebody was faster."""
        actor.require(Permission.MANAGE_USERS)
        async with self._database.begin() as work:
            user = await work.users.get(user_id)
            email = normal_email(email)
            other = await work.users.find_by_email(email)
            if other and other.id != user_id:
                raise _taken()
            changed = replace(user.renamed(name), email=email, version=version + 1)
            await work.users.save(changed)
            fields = tuple(f for f in ("name", "email") if _differs(f, user, changed))
            stamp = actor.stamp(self._clock())
            work.emit(UserUpdated(stamp=stamp, user_id=user_id, changed=fields))
        return changed

    async def rename_oneself(self, actor: Actor, name: str) -> User:
        """Change the acting user's own name. Raises Invalid; Forbidden for a key."""
        async with self._database.begin() as work:
            user = await work.users.get(actor.user_id)
            changed = replace(user.renamed(name), version=user.version + 1)
            if changed.name != user.name:
                await work.users.save(changed)
                stamp = actor.stamp(self._clock())
                work.emit(UserUpdated(stamp=stamp, user_id=user.id, changed=("name",)))
        return changed

    async def disable(self, actor: Actor, user_id: UserId) -> None:
        """Keep the user out, and end every session.

        Raises Conflict for oneself and for the last administrator of the MSP.
        """
        actor.require(Permission.MANAGE_USERS)
        if actor.id == user_id:
            raise Conflict("You can't disable yourself. Ask another administrator.")
        async with self._database.begin() as work:
            user = await work.users.get(user_id)
            await keep_an_administrator(work, user)
            await work.users.save(replace(user, disabled=True, version=user.version + 1))
            await work.sessions.end_all(user_id)
            await work.tokens.end_all(user_id)
            work.emit(UserDisabled(stamp=actor.stamp(self._clock()), user_id=user_id))

    async def enable(self, actor: Actor, user_id: UserId) -> None:
        """Let the user sign in again."""
        actor.require(Permission.MANAGE_USERS)
        async with self._database.begin() as work:
            user = await work.users.get(user_id)
            await work.users.save(replace(user, disabled=False, version=user.version + 1))
            work.emit(UserEnabled(stamp=actor.stamp(self._clock()), user_id=user_id))

    async def set_password(self, actor: Actor, user_id: UserId, password: str) -> None:
        """Give the user another password, which they must change when they sign in.

        Every session, trusted browser and mailed link of theirs ends. Raises ProofNeeded.
        """
        actor.require(Permission.MANAGE_USERS)
        now = self._clock()
        actor.require_proof(now)
        async with self._database.read() as work:
            user = await work.users.get(user_id)
        check_password(password, email=user.email, known=self._known)
        password_hash = await self._hasher.hash(password)
        async with self._database.begin() as work:
            user = await work.users.get(user_id)
            await renew_password(work, user, password_hash, now, must_change=True)
            stamp = actor.stamp(now)
            work.emit(PasswordChanged(stamp=stamp, user_id=user_id, how="set"))


def user_created(user: User, actor: Actor, at: datetime) -> UserCreated:
    """Return the fact that the user was created."""
    return UserCreated(
        stamp=actor.stamp(at),
        user_id=user.id,
        email=user.email,
        name=user.name,
        msp_role=user.msp_role,
    )


async def keep_an_administrator(work: IdentityWork, user: User) -> None:
    """Raise Conflict if the user is the last who administers the MSP."""
    administrators = await work.users.administrators()
    if [other.id for other in administrators] == [user.id]:
        raise Conflict("This is the last MSP administrator. Make another one first.")


def _differs(field: str, one: User, other: User) -> bool:
    return bool(getattr(one, field) != getattr(other, field))


def _taken() -> Invalid:
    message = "Another user has this address. Find them in the list of users."
    return Invalid(message, field="email", code="taken")
