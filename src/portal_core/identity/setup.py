"""The first administrator."""

from datetime import timedelta

from portal_core.clock import Clock
from portal_core.errors import Conflict, NotFound
from portal_core.identity.actor import Actor
from portal_core.identity.factor_ports import KnownPasswords
from portal_core.identity.factors import Method
from portal_core.identity.guessing import actor_for
from portal_core.identity.model import User
from portal_core.identity.passwords import check_newcomer
from portal_core.identity.permissions import MspRole
from portal_core.identity.policy import Shown
from portal_core.identity.ports import IdentityDatabase, PasswordHasher
from portal_core.identity.sessions import Admitted, open_session
from portal_core.identity.tokens import new_token, token_hash
from portal_core.identity.users import user_created
from portal_core.identity.visitor import Visitor

SETUP_LIFETIME = timedelta(hours=24)


class SetupService:
    """Making the first administrator, by a link that the installer printed."""

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

    async def offer(self, actor: Actor) -> str | None:
        """Return a new one-time token; None if there already is a user."""
        actor.require_system()
        token = new_token()
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
    ) -> Admitted:
        """Make the first administrator, who is signed in by that.

        Raises NotFound unless the token is live and there is no user yet; of several at
        once only one succeeds. Raises Invalid and keeps the token for broken input.
        """
        await self.check(visitor, token)
        now = self._clock()
        role = MspRole.ADMINISTRATOR
        check_newcomer(name=name, email=email, password=password, known=self._known)
        user = User.create(email=email, name=name, at=now, msp_role=role)
        password_hash = await self._hasher.hash(password)
        async with self._database.begin() as work:
            if not await work.setup_tokens.use(token_hash(token), now):
                raise NotFound("There is no such page.")
            if await work.users.any():
                raise Conflict("The portal has been set up already. Sign in instead.")
            await work.users.add(user)
            await work.credentials.keep(user.id, password_hash, now)
            work.emit(user_created(user, actor_for(user, visitor), now))
            policy = await work.policies.of_user(user.id)
            # the link, which only the operator has seen, counts for a factor
            shown = Shown((Method.PASSWORD,), second_factor=True)
            return await open_session(work, user, visitor, shown, now, policy=policy)
