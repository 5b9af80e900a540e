"""Adding and changing the people who sign in."""

from msgspec.structs import replace

from portal_core.clock import Clock
from portal_core.errors import Conflict, Invalid
from portal_core.identity.actor import Actor
from portal_core.identity.events import UserDisabled, UserEnabled, UserUpdated
from portal_core.identity.model import (
    User,
    check_newcomer,
    check_password,
    normal_email,
)
from portal_core.identity.permissions import MspRole, Permission
from portal_core.identity.ports import IdentityDatabase, IdentityWork, PasswordHasher
from portal_core.identity.sign_in import user_created
from portal_core.ids import UserId
from portal_core.paging import Page, Window


class UserService:
    """The people of all companies, as the MSP sees them."""

    def __init__(
        self, *, database: IdentityDatabase, hasher: PasswordHasher, clock: Clock
    ) -> None:
        self._database = database
        self._hasher = hasher
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
        password: str,
        msp_role: MspRole | None = None,
    ) -> User:
        """Add a user. Raises Invalid; Conflict if the e-mail address is taken."""
        actor.require(Permission.MANAGE_USERS)
        now = self._clock()
        check_newcomer(name=name, email=email, password=password)
        user = User.create(email=email, name=name, at=now, msp_role=msp_role)
        password_hash = await self._hasher.hash(password)
        async with self._database.begin() as work:
            if await work.users.find_by_email(user.email):
                raise _taken()
            await work.users.add(user)
            await work.credentials.keep(user.id, password_hash, now)
            work.emit(user_created(user, actor, now))
        return user

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
            await _keep_an_administrator(work, user)
            await work.users.save(replace(user, disabled=True, version=user.version + 1))
            await work.sessions.end_all(user_id)
            work.emit(UserDisabled(stamp=actor.stamp(self._clock()), user_id=user_id))

    async def enable(self, actor: Actor, user_id: UserId) -> None:
        """Let the user sign in again."""
        actor.require(Permission.MANAGE_USERS)
        async with self._database.begin() as work:
            user = await work.users.get(user_id)
            await work.users.save(replace(user, disabled=False, version=user.version + 1))
            work.emit(UserEnabled(stamp=actor.stamp(self._clock()), user_id=user_id))

    async def set_password(self, actor: Actor, user_id: UserId, password: str) -> None:
        """Give the user another password, and end every session."""
        actor.require(Permission.MANAGE_USERS)
        async with self._database.read() as work:
            user = await work.users.get(user_id)
        check_password(password, email=user.email)
        password_hash = await self._hasher.hash(password)
        now = self._clock()
        async with self._database.begin() as work:
            await work.credentials.keep(user_id, password_hash, now)
            await work.sessions.end_all(user_id)
            stamp = actor.stamp(now)
            work.emit(UserUpdated(stamp=stamp, user_id=user_id, changed=("password",)))


async def _keep_an_administrator(work: IdentityWork, user: User) -> None:
    administrators = await work.users.administrators()
    if [other.id for other in administrators] == [user.id]:
        raise Conflict("This is the last MSP administrator. Make another one first.")


def _differs(field: str, one: User, other: User) -> bool:
    return bool(getattr(one, field) != getattr(other, field))


def _taken() -> Invalid:
    message = "Another user has this address. Find them in the list of users."
    return Invalid(message, field="email", code="taken")
