"""Users, sessions and keys in dictionaries."""

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from adapters.memory.paging import by_name, by_time, page_of
from adapters.memory.tables import Tables
from portal_core.errors import Conflict, NotFound
from portal_core.identity.model import ApiKey, Session, User
from portal_core.identity.permissions import MspRole
from portal_core.identity.throttle import Attempts
from portal_core.ids import KeyId, SessionId, UserId
from portal_core.paging import Page, Window


class MemoryUsers:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, user: User) -> None:
        self._refuse_taken(user)
        self._tables.users[user.id] = user

    async def get(self, user_id: UserId) -> User:
        if user_id not in self._tables.users:
            raise NotFound("There is no such user.")
        return self._tables.users[user_id]

    async def find_by_email(self, email: str) -> User | None:
        users = self._tables.users.values()
        return next((user for user in users if user.email == email), None)

    async def save(self, user: User) -> None:
        before = self._tables.users.get(user.id)
        if before is None or user.version != before.version + 1:
            raise Conflict(
                "Somebody changed this user meanwhile. Look at them again.", code="stale"
            )
        self._refuse_taken(user)
        self._tables.users[user.id] = user

    async def any(self) -> bool:
        return bool(self._tables.users)

    async def administrators(self) -> Sequence[User]:
        found = [
            user
            for user in self._tables.users.values()
            if user.msp_role is MspRole.ADMINISTRATOR and not user.disabled
        ]
        return sorted(found, key=_by_name)

    async def page(self, search: str, window: Window) -> Page[User]:
        text = search.casefold()
        found = [
            user
            for user in self._tables.users.values()
            if text in user.name.casefold() or text in user.email
        ]
        return page_of(found, _by_name, window)

    def _refuse_taken(self, user: User) -> None:
        others = self._tables.users.values()
        if any(other.email == user.email and other.id != user.id for other in others):
            raise Conflict("Another user has this e-mail address.", code="taken")


class MemoryCredentials:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def find(self, user_id: UserId) -> str | None:
        return self._tables.password_hashes.get(user_id)

    async def keep(self, user_id: UserId, password_hash: str, at: datetime) -> None:  # noqa: ARG002 - a database keeps it
        self._tables.password_hashes[user_id] = password_hash


class MemorySessions:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, session: Session) -> None:
        self._tables.sessions[session.token_hash] = session

    async def touch(self, token_hash: bytes, at: datetime) -> None:
        session = self._tables.sessions.get(token_hash)
        if session is not None:
            self._tables.sessions[token_hash] = replace(session, seen_at=at)

    async def end(self, token_hash: bytes) -> UserId | None:
        session = self._tables.sessions.pop(token_hash, None)
        return session.user_id if session else None

    async def of_user(self, user_id: UserId) -> Sequence[Session]:
        theirs = [s for s in self._tables.sessions.values() if s.user_id == user_id]
        return sorted(theirs, key=lambda one: (one.seen_at, one.id), reverse=True)

    async def prove(self, session_id: SessionId, at: datetime) -> None:
        for token_hash, session in self._tables.sessions.items():
            if session.id == session_id:
                self._tables.sessions[token_hash] = replace(session, proved_at=at)

    async def end_one(self, user_id: UserId, session_id: SessionId) -> bool:
        theirs = await self.of_user(user_id)
        found = next((one for one in theirs if one.id == session_id), None)
        return found is not None and await self.end(found.token_hash) is not None

    async def end_all(self, user_id: UserId, *, but: SessionId | None = None) -> int:
        ended = [one for one in await self.of_user(user_id) if one.id != but]
        for session in ended:
            del self._tables.sessions[session.token_hash]
        return len(ended)


class MemoryAttempts:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def lock(self, bucket: str) -> Attempts:
        return self._tables.attempts.get(bucket, Attempts())

    async def keep(self, bucket: str, attempts: Attempts) -> None:
        self._tables.attempts[bucket] = attempts


class MemorySetupTokens:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def offer(self, token_hash: bytes, ends_at: datetime) -> None:
        self._tables.setup_token = (token_hash, ends_at)

    async def valid(self, token_hash: bytes, now: datetime) -> bool:
        if self._tables.setup_token is None:
            return False
        live, ends_at = self._tables.setup_token
        return live == token_hash and now < ends_at

    async def use(self, token_hash: bytes, now: datetime) -> bool:
        valid = await self.valid(token_hash, now)
        if valid:
            self._tables.setup_token = None
        return valid


class MemoryApiKeys:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, key: ApiKey) -> None:
        self._tables.keys[key.id] = key

    async def get(self, key_id: KeyId) -> ApiKey:
        if key_id not in self._tables.keys:
            raise NotFound("There is no such key.")
        return self._tables.keys[key_id]

    async def find(self, lookup: str) -> ApiKey | None:
        keys = self._tables.keys.values()
        return next((key for key in keys if key.lookup == lookup), None)

    async def save(self, key: ApiKey) -> None:
        self._tables.keys[key.id] = key

    async def use(self, key_id: KeyId, at: datetime) -> None:
        if key_id in self._tables.keys:
            key = replace(self._tables.keys[key_id], used_at=at)
            self._tables.keys[key_id] = key

    async def list(self) -> Sequence[ApiKey]:
        keys = self._tables.keys.values()
        return sorted(keys, key=lambda key: by_time(key.created_at, key.id), reverse=True)


def _by_name(user: User) -> tuple[str, str]:
    return by_name(user.name, user.id)
