"""Users, sessions and keys in SQL."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, Table, bindparam, delete, exists, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.sql.columns import contains, folded
from adapters.sql.connections import is_unique_violation
from adapters.sql.entities import Entity, values_of
from adapters.sql.keyset import Order, page_of
from adapters.sql.tables.identity import (
    api_keys,
    credentials,
    sessions,
    setup_tokens,
    sign_in_attempts,
    users,
)
from portal_core.errors import Conflict, NotFound
from portal_core.identity.model import ApiKey, Session, User
from portal_core.identity.permissions import MspRole
from portal_core.identity.throttle import Attempts
from portal_core.ids import KeyId, SessionId, UserId
from portal_core.paging import Page, Window

USER = Entity(User, users)
SESSION = Entity(Session, sessions)
API_KEY = Entity(ApiKey, api_keys)

_USER_BY_ID = USER.by(users.c.id)
_USER_BY_EMAIL = USER.by(users.c.email)
_KEY_BY_ID = API_KEY.by(api_keys.c.id)
_KEY_BY_LOOKUP = API_KEY.by(api_keys.c.lookup)
_HASH = select(credentials.c.password_hash).where(
    credentials.c.user_id == bindparam("user_id")
)

_ATTEMPTS = Entity(Attempts, sign_in_attempts)
_BY_NAME = Order(users.c.name_key, users.c.id)

_FORGOTTEN_AFTER = timedelta(days=2)
_SWEPT_AT_ONCE = 10


class SqlUsers:
    def __init__(self, connection: AsyncConnection, *, changes: bool) -> None:
        self._connection = connection
        self._changes = changes

    async def add(self, user: User) -> None:
        try:
            await self._connection.execute(insert(users), _row(user))
        except IntegrityError as error:
            raise _taken(error) from error

    async def get(self, user_id: UserId) -> User:
        found = await self._first(_USER_BY_ID, id=user_id)
        if found is None:
            raise NotFound("There is no such user.")
        return found

    async def find_by_email(self, email: str) -> User | None:
        return await self._first(_USER_BY_EMAIL, email=email)

    async def save(self, user: User) -> None:
        is_next = (users.c.id == user.id) & (users.c.version == user.version - 1)
        try:
            changed = await self._connection.execute(
                update(users).where(is_next).values(_row(user))
            )
        except IntegrityError as error:
            raise _taken(error) from error
        if changed.rowcount == 0:
            raise Conflict(
                "Somebody changed this user meanwhile. Look at them again.", code="stale"
            )

    async def any(self) -> bool:
        return bool(await self._connection.scalar(select(exists(select(users.c.id)))))

    async def administrators(self) -> Sequence[User]:
        """Return the administrators; in a change, hold them, so that the last one stays."""
        query = (
            select(*USER.columns)
            .where(users.c.msp_role == MspRole.ADMINISTRATOR, users.c.disabled.is_(False))
            .order_by(users.c.name_key, users.c.id)
        )
        if self._changes:
            query = query.with_for_update()
        return [USER.read(row) for row in await self._connection.execute(query)]

    async def page(self, search: str, window: Window) -> Page[User]:
        query = select(*USER.columns)
        if search:
            query = query.where(contains((users.c.name_key, users.c.email), search))
        return await page_of(self._connection, query, _BY_NAME, window, USER.read)

    async def _first(self, query: Select[Any], **key: object) -> User | None:
        return USER.find((await self._connection.execute(query, key)).first())


class SqlCredentials:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def find(self, user_id: UserId) -> str | None:
        found: str | None = await self._connection.scalar(_HASH, {"user_id": user_id})
        return found

    async def keep(self, user_id: UserId, password_hash: str, at: datetime) -> None:
        new = {"password_hash": password_hash, "changed_at": at}
        statement = upsert(credentials).values(user_id=user_id, **new)
        await self._connection.execute(
            statement.on_conflict_do_update(index_elements=["user_id"], set_=new)
        )


class SqlSessions:
    """Sessions. Each new one sweeps away some that have ended, so none pile up."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, session: Session) -> None:
        await self._connection.execute(insert(sessions), values_of(session))
        ended = sessions.c.ends_at < session.created_at
        await sweep(self._connection, sessions, "token_hash", ended)

    async def touch(self, token_hash: bytes, at: datetime) -> None:
        this = sessions.c.token_hash == token_hash
        await self._connection.execute(update(sessions).where(this).values(seen_at=at))

    async def end(self, token_hash: bytes) -> UserId | None:
        this = sessions.c.token_hash == token_hash
        statement = delete(sessions).where(this).returning(sessions.c.user_id)
        user_id = await self._connection.scalar(statement)
        return None if user_id is None else UserId(user_id)

    async def of_user(self, user_id: UserId) -> Sequence[Session]:
        query = (
            select(*SESSION.columns)
            .where(sessions.c.user_id == user_id)
            .order_by(sessions.c.seen_at.desc(), sessions.c.id.desc())
        )
        return [SESSION.read(row) for row in await self._connection.execute(query)]

    async def prove(self, session_id: SessionId, at: datetime) -> None:
        this = sessions.c.id == session_id
        await self._connection.execute(update(sessions).where(this).values(proved_at=at))

    async def end_one(self, user_id: UserId, session_id: SessionId) -> bool:
        this = (sessions.c.user_id == user_id) & (sessions.c.id == session_id)
        return (await self._connection.execute(delete(sessions).where(this))).rowcount == 1

    async def end_all(self, user_id: UserId, *, but: SessionId | None = None) -> int:
        theirs = sessions.c.user_id == user_id
        if but is not None:
            theirs &= sessions.c.id != but
        return (await self._connection.execute(delete(sessions).where(theirs))).rowcount


class SqlAttempts:
    """Counts of tries. Strangers can make up buckets, so each new one sweeps old ones."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def lock(self, bucket: str) -> Attempts:
        """Return the count; writing the row, even as it is, holds it for this work."""
        empty = {"bucket": bucket, **values_of(Attempts())}
        statement = upsert(sign_in_attempts).values(empty)
        held = statement.on_conflict_do_update(
            index_elements=["bucket"], set_={"bucket": bucket}
        ).returning(*_ATTEMPTS.columns)
        return _ATTEMPTS.read((await self._connection.execute(held)).one())

    async def keep(self, bucket: str, attempts: Attempts) -> None:
        counted = values_of(attempts)
        statement = upsert(sign_in_attempts).values(bucket=bucket, **counted)
        await self._connection.execute(
            statement.on_conflict_do_update(index_elements=["bucket"], set_=counted)
        )
        if attempts.failures == 1:
            old = sign_in_attempts.c.last_at < attempts.last_at - _FORGOTTEN_AFTER
            await sweep(self._connection, sign_in_attempts, "bucket", old)


class SqlSetupTokens:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def offer(self, token_hash: bytes, ends_at: datetime) -> None:
        new = {"token_hash": token_hash, "ends_at": ends_at}
        statement = upsert(setup_tokens).values(id=1, **new)
        await self._connection.execute(
            statement.on_conflict_do_update(index_elements=["id"], set_=new)
        )

    async def valid(self, token_hash: bytes, now: datetime) -> bool:
        live = select(setup_tokens.c.id).where(_live(token_hash, now))
        return bool(await self._connection.scalar(select(exists(live))))

    async def use(self, token_hash: bytes, now: datetime) -> bool:
        statement = delete(setup_tokens).where(_live(token_hash, now))
        return (await self._connection.execute(statement)).rowcount == 1


class SqlApiKeys:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, key: ApiKey) -> None:
        await self._connection.execute(insert(api_keys), values_of(key))

    async def get(self, key_id: KeyId) -> ApiKey:
        rows = await self._connection.execute(_KEY_BY_ID, {"id": key_id})
        found = API_KEY.find(rows.first())
        if found is None:
            raise NotFound("There is no such key.")
        return found

    async def find(self, lookup: str) -> ApiKey | None:
        rows = await self._connection.execute(_KEY_BY_LOOKUP, {"lookup": lookup})
        return API_KEY.find(rows.first())

    async def save(self, key: ApiKey) -> None:
        this = api_keys.c.id == key.id
        await self._connection.execute(update(api_keys).where(this).values(values_of(key)))

    async def use(self, key_id: KeyId, at: datetime) -> None:
        this = api_keys.c.id == key_id
        await self._connection.execute(update(api_keys).where(this).values(used_at=at))

    async def list(self) -> Sequence[ApiKey]:
        newest_first = api_keys.c.created_at.desc(), api_keys.c.id.desc()
        query = select(*API_KEY.columns).order_by(*newest_first)
        return [API_KEY.read(row) for row in await self._connection.execute(query)]


def _row(user: User) -> dict[str, Any]:
    return {**values_of(user), "name_key": folded(user.name)}


def _taken(error: IntegrityError) -> Conflict | IntegrityError:
    if is_unique_violation(error):
        return Conflict("Another user has this e-mail address.", code="taken")
    return error


def _live(token_hash: bytes, now: datetime) -> Any:
    return (setup_tokens.c.token_hash == token_hash) & (setup_tokens.c.ends_at > now)


async def sweep(connection: AsyncConnection, table: Table, key: str, old: Any) -> None:
    """Remove a few rows that mean nothing any more, but none that somebody else holds."""
    some = select(table.c[key]).where(old).limit(_SWEPT_AT_ONCE)
    swept = table.c[key].in_(some.with_for_update(skip_locked=True))
    await connection.execute(delete(table).where(swept))
