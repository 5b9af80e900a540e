"""The door: from a session or a key, and a company in the address, to an actor.

Everything is looked up on every request, so a role that was taken away is gone at once.
A company that does not exist and one that the visitor does not belong to look the same.
"""

from datetime import timedelta
from typing import NoReturn

from msgspec import Struct

from portal_core.clock import Clock
from portal_core.companies.entrance import Entrance
from portal_core.companies.model import Company
from portal_core.companies.ports import CompaniesDatabase
from portal_core.companies.standing import Standing
from portal_core.errors import Forbidden, NotFound
from portal_core.events import ActorKind
from portal_core.identity.actor import Actor
from portal_core.identity.api_keys import LOOKUP_LENGTH, well_formed
from portal_core.identity.events import ApiKeyRefused
from portal_core.identity.model import ApiKey, Session, User
from portal_core.identity.permissions import IN_COMPANY, READING, Permission, opens
from portal_core.identity.policy import Shown, SignInPolicy
from portal_core.identity.ports import KeyDigest
from portal_core.identity.tokens import token_hash
from portal_core.identity.visitor import Visitor

_MSP = "The MSP"
TOUCH_EVERY = timedelta(minutes=1)
_LONGEST_ASKED = 100


class Visit(Struct, frozen=True):
    """Somebody who has come in: the actor, the company they are in, and the user if any.

    `asks_code` is whether they would prove who they are by the code of an authenticator,
    `shown` what they have shown in signing in, and `msp_policy` what the MSP asks of its
    own people, if they are one.
    """

    actor: Actor
    user: User | None
    company: Company | None
    asks_code: bool = False
    shown: Shown | None = None
    msp_policy: SignInPolicy | None = None

    def require_msp(self, address: str) -> None:
        """Let in one of the MSP's people who signed in by enough.

        Raises NotFound for a stranger, and Forbidden for who signed in by less than the MSP
        asks. `address` is where they are now.
        """
        if not self.actor.is_msp:
            raise NotFound("There is no such page.")
        if self.msp_policy is not None and self.shown is not None:
            self.msp_policy.admit(self.shown, address, _MSP)


class AccessService:
    """Letting people and keys in, or not."""

    def __init__(
        self, *, database: CompaniesDatabase, digest: KeyDigest, clock: Clock
    ) -> None:
        self._database = database
        self._digest = digest
        self._clock = clock

    async def enter(self, visitor: Visitor, token: str, slug: str | None) -> Visit | None:
        """Return the visit that a session token opens; None if it opens nothing.

        Raises NotFound for a company that the user may not enter (`slug` None is any room
        that belongs to no company), and Forbidden if they may, but signed in by less than
        it asks.
        """
        now = self._clock()
        async with self._database.read() as work:
            found = await work.entrances.by_session(token_hash(token), slug)
        if found is None or found.user is None or found.session is None:
            return None
        user, session = found.user, found.session
        if user.disabled or not session.alive(now):
            return None
        standing = found.standing.at(now)
        if slug is not None and (found.company is None or not standing.belongs):
            raise NotFound("There is no such page.")
        _check_policy(found, session, visitor)
        await self._touch(session)
        actor = _user_actor(found, standing, user, visitor)
        return Visit(
            actor=actor,
            user=user,
            company=found.company,
            asks_code=found.has_authenticator,
            shown=session.shown,
            msp_policy=found.msp_policy,
        )

    async def enter_by_key(
        self, visitor: Visitor, text: str, company: str | None, *, scope: str
    ) -> Visit | None:
        """Return the visit that a key opens; None if it opens nothing.

        `company` is a slug or an id. Raises NotFound for a company that the key is not for,
        which is recorded, and Forbidden without the scope.
        """
        if not well_formed(text):
            return None
        async with self._database.read() as work:
            found = await work.entrances.by_key(text[:LOOKUP_LENGTH], company)
        if found is None or found.key is None:
            return None
        key, theirs = found.key, found.company
        if not (
            self._digest.matches(text, key.digest)
            and key.usable(self._clock(), visitor.address)
        ):
            return None
        await self._note_use(key)
        if not opens(key.scopes, scope):
            raise Forbidden(f"This takes a key with the scope “{scope}”.", code="scope")
        actor = Actor(
            kind=ActorKind.KEY,
            id=key.id,
            name=key.name,
            permissions=_rights_of_key(key, theirs),
            company_id=theirs.id if theirs else None,
            request_id=visitor.request_id,
        )
        if company is not None and theirs is None:
            await self._refuse_key(actor, key, company)
        return Visit(actor, None, theirs)

    async def _refuse_key(self, actor: Actor, key: ApiKey, company: str) -> NoReturn:
        async with self._database.begin() as work:
            stamp = actor.stamp(self._clock(), key.company_id)
            asked = company[:_LONGEST_ASKED]
            work.emit(ApiKeyRefused(stamp=stamp, key_id=key.id, company=asked))
        raise NotFound("There is no such company.")

    async def _note_use(self, key: ApiKey) -> None:
        now = self._clock()
        if key.used_at is None or now - key.used_at >= TOUCH_EVERY:
            async with self._database.begin() as work:
                await work.keys.use(key.id, now)

    async def _touch(self, session: Session) -> None:
        now = self._clock()
        if now - session.seen_at >= TOUCH_EVERY:
            async with self._database.begin() as work:
                await work.sessions.touch(session.token_hash, now)


def _rights_of_key(key: ApiKey, company: Company | None) -> frozenset[Permission]:
    """Return what the key may do there. Raises NotFound for its own, archived company."""
    if company is None or not company.archived:
        return key.permissions
    if key.company_id is not None:
        raise NotFound("There is no such company.")
    return key.permissions - (IN_COMPANY - READING)


def _check_policy(found: Entrance, session: Session, visitor: Visitor) -> None:
    """Raise Forbidden for less than the company asks, or the MSP of its own people."""
    if found.company is None:
        return
    if found.msp_policy is not None:
        found.msp_policy.admit(session.shown, visitor.address, _MSP)
    else:
        name = found.company.name
        found.company.sign_in.admit(session.shown, visitor.address, name)


def _user_actor(found: Entrance, standing: Standing, user: User, visitor: Visitor) -> Actor:
    return Actor(
        kind=ActorKind.USER,
        id=user.id,
        name=user.name,
        permissions=standing.permissions,
        staff_scope=standing.staff_scope,
        company_id=found.company.id if found.company else None,
        request_id=visitor.request_id,
        session_id=found.session.id if found.session else None,
        proved_at=found.session.proved_at if found.session else None,
    )
