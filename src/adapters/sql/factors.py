"""Second factors, one-time links and known browsers in SQL."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import ColumnElement, delete, exists, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.sql.connections import is_unique_violation
from adapters.sql.entities import Entity, values_of
from adapters.sql.identity import sweep
from adapters.sql.secrets import Secrets
from adapters.sql.tables.companies import companies, memberships, portal_settings
from adapters.sql.tables.factors import (
    authenticators,
    browsers,
    ceremonies,
    challenges,
    one_time_tokens,
    passkeys,
    recovery_codes,
)
from adapters.sql.tables.identity import users
from portal_core.companies.portal import PortalSettings
from portal_core.errors import Conflict
from portal_core.identity.browsers import REMEMBERED_FOR, Browser
from portal_core.identity.challenges import TRIES, Challenge
from portal_core.identity.factors import Authenticator, Factors, Passkey
from portal_core.identity.passkeys import Ceremony
from portal_core.identity.policy import SignInPolicy
from portal_core.identity.tokens import OneTimeToken, Purpose
from portal_core.ids import AuthenticatorId, BrowserId, PasskeyId, UserId

_AUTHENTICATOR = Entity(Authenticator, authenticators)
_PASSKEY = Entity(Passkey, passkeys)
_CHALLENGE = Entity(Challenge, challenges)
_CEREMONY = Entity(Ceremony, ceremonies)
_TOKEN = Entity(OneTimeToken, one_time_tokens)
_BROWSER = Entity(Browser, browsers)

_AUTHENTICATORS_OF = _AUTHENTICATOR.by(authenticators.c.user_id).order_by(
    authenticators.c.created_at, authenticators.c.id
)
_PASSKEYS_OF = _PASSKEY.by(passkeys.c.user_id).order_by(
    passkeys.c.created_at, passkeys.c.id
)


class SqlFactors:
    def __init__(self, connection: AsyncConnection, secrets: Secrets) -> None:
        self._connection = connection
        self._secrets = secrets

    async def of_user(self, user_id: UserId) -> Factors:
        whose = {"user_id": user_id}
        apps = await self._connection.execute(_AUTHENTICATORS_OF, whose)
        keys = await self._connection.execute(_PASSKEYS_OF, whose)
        left = select(func.count()).where(recovery_codes.c.user_id == user_id)
        return Factors(
            authenticators=tuple(self._opened(_AUTHENTICATOR.read(row)) for row in apps),
            passkeys=tuple(_PASSKEY.read(row) for row in keys),
            recovery_codes=await self._connection.scalar(left) or 0,
        )

    async def add_authenticator(self, authenticator: Authenticator) -> None:
        sealed = {"secret": self._secrets.seal(authenticator.secret)}
        values = values_of(authenticator) | sealed
        await self._connection.execute(insert(authenticators), values)

    async def use_step(
        self, authenticator_id: AuthenticatorId, step: int, at: datetime
    ) -> bool:
        this, table = authenticators.c.id == authenticator_id, authenticators
        unused = update(table).where(this, table.c.last_step < step)
        used = unused.values(last_step=step, used_at=at)
        return (await self._connection.execute(used)).rowcount == 1

    async def add_passkey(self, passkey: Passkey) -> None:
        try:
            await self._connection.execute(insert(passkeys), values_of(passkey))
        except IntegrityError as error:
            if is_unique_violation(error):
                raise Conflict("This passkey is known already.", code="taken") from error
            raise

    async def find_passkey(self, credential_id: bytes) -> Passkey | None:
        this = select(*_PASSKEY.columns).where(passkeys.c.credential_id == credential_id)
        return _PASSKEY.find((await self._connection.execute(this)).first())

    async def use_passkey(
        self, passkey_id: PasskeyId, sign_count: int, at: datetime
    ) -> None:
        this = update(passkeys).where(passkeys.c.id == passkey_id)
        await self._connection.execute(this.values(sign_count=sign_count, used_at=at))

    async def remove(
        self, user_id: UserId, factor_id: AuthenticatorId | PasskeyId
    ) -> str | None:
        for table in (authenticators, passkeys):
            this = (table.c.id == factor_id) & (table.c.user_id == user_id)
            gone = delete(table).where(this).returning(table.c.name)
            name: str | None = await self._connection.scalar(gone)
            if name is not None:
                return name
        return None

    async def remove_all(self, user_id: UserId) -> None:
        for table in (authenticators, passkeys, recovery_codes):
            await self._connection.execute(delete(table).where(table.c.user_id == user_id))

    async def keep_recovery_codes(
        self, user_id: UserId, digests: Collection[bytes]
    ) -> None:
        theirs = recovery_codes.c.user_id == user_id
        await self._connection.execute(delete(recovery_codes).where(theirs))
        rows = [{"user_id": user_id, "digest": digest} for digest in digests]
        await self._connection.execute(insert(recovery_codes), rows)

    async def recovery_codes(self, user_id: UserId) -> Sequence[bytes]:
        left = select(recovery_codes.c.digest).where(recovery_codes.c.user_id == user_id)
        return (await self._connection.scalars(left)).all()

    async def use_recovery_code(self, user_id: UserId, digest: bytes) -> bool:
        this = recovery_codes.c.user_id == user_id, recovery_codes.c.digest == digest
        used = await self._connection.execute(delete(recovery_codes).where(*this))
        return used.rowcount == 1

    def _opened(self, authenticator: Authenticator) -> Authenticator:
        return replace(authenticator, secret=self._secrets.open(authenticator.secret))


class SqlChallenges:
    """Challenges. Each new one sweeps away some that are over, so none pile up."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, challenge: Challenge) -> None:
        await self._connection.execute(insert(challenges), values_of(challenge))
        over = challenges.c.ends_at < challenge.created_at
        await sweep(self._connection, challenges, "token_hash", over)

    async def find(self, token_hash: bytes, now: datetime) -> Challenge | None:
        this = select(*_CHALLENGE.columns).where(_open(token_hash, now))
        return _CHALLENGE.find((await self._connection.execute(this)).first())

    async def take_try(self, token_hash: bytes, now: datetime) -> Challenge | None:
        more = {"tries": challenges.c.tries + 1}
        taken = update(challenges).where(_open(token_hash, now)).values(more)
        rows = await self._connection.execute(taken.returning(*_CHALLENGE.columns))
        return _CHALLENGE.find(rows.first())

    async def end(self, token_hash: bytes) -> bool:
        this = delete(challenges).where(challenges.c.token_hash == token_hash)
        return (await self._connection.execute(this)).rowcount == 1

    async def end_all(self, user_id: UserId) -> None:
        theirs = challenges.c.user_id == user_id
        await self._connection.execute(delete(challenges).where(theirs))


class SqlCeremonies:
    """Questions to browsers. Each new one sweeps away some that were never answered."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, ceremony: Ceremony, now: datetime) -> None:
        await self._connection.execute(insert(ceremonies), values_of(ceremony))
        await sweep(self._connection, ceremonies, "challenge", ceremonies.c.ends_at < now)

    async def use(self, challenge: bytes, now: datetime) -> Ceremony | None:
        this = delete(ceremonies).where(ceremonies.c.challenge == challenge)
        rows = await self._connection.execute(this.returning(*_CEREMONY.columns))
        found = _CEREMONY.find(rows.first())
        return found if found and now < found.ends_at else None


class SqlTokens:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def offer(self, token: OneTimeToken) -> None:
        statement = upsert(one_time_tokens).values(values_of(token))
        new = {"token_hash": token.token_hash, "ends_at": token.ends_at}
        await self._connection.execute(
            statement.on_conflict_do_update(index_elements=["user_id", "purpose"], set_=new)
        )

    async def find(self, token_hash: bytes, now: datetime) -> OneTimeToken | None:
        this = select(*_TOKEN.columns).where(_works(token_hash, now))
        return _TOKEN.find((await self._connection.execute(this)).first())

    async def live(
        self, user_id: UserId, purpose: Purpose, now: datetime
    ) -> OneTimeToken | None:
        table = one_time_tokens.c
        this = table.user_id == user_id, table.purpose == purpose, table.ends_at > now
        query = select(*_TOKEN.columns).where(*this)
        return _TOKEN.find((await self._connection.execute(query)).first())

    async def use(self, token_hash: bytes, now: datetime) -> OneTimeToken | None:
        taken = delete(one_time_tokens).where(_works(token_hash, now))
        rows = await self._connection.execute(taken.returning(*_TOKEN.columns))
        return _TOKEN.find(rows.first())

    async def end_all(self, user_id: UserId) -> None:
        theirs = one_time_tokens.c.user_id == user_id
        await self._connection.execute(delete(one_time_tokens).where(theirs))


class SqlBrowsers:
    """Browsers. Each sign-in sweeps away some that were not used for long."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def keep(self, browser: Browser) -> None:
        values = values_of(browser)
        statement = upsert(browsers).values(values)
        await self._connection.execute(
            statement.on_conflict_do_update(index_elements=["id"], set_=values)
        )
        stale = browsers.c.seen_at < browser.seen_at - REMEMBERED_FOR
        await sweep(self._connection, browsers, "id", stale)

    async def find(
        self, user_id: UserId, token_hashes: Collection[bytes]
    ) -> Browser | None:
        this = browsers.c.user_id == user_id, browsers.c.token_hash.in_(token_hashes)
        query = select(*_BROWSER.columns).where(*this)
        return _BROWSER.find((await self._connection.execute(query)).first())

    async def used_from(self, user_id: UserId, network: str) -> bool:
        there = browsers.c.user_id == user_id, browsers.c.network == network
        query = select(exists(select(browsers.c.id).where(*there)))
        return bool(await self._connection.scalar(query))

    async def of_user(self, user_id: UserId) -> Sequence[Browser]:
        query = (
            select(*_BROWSER.columns)
            .where(browsers.c.user_id == user_id)
            .order_by(browsers.c.seen_at.desc(), browsers.c.id.desc())
        )
        return [_BROWSER.read(row) for row in await self._connection.execute(query)]

    async def remove(self, user_id: UserId, browser_id: BrowserId) -> bool:
        this = (browsers.c.user_id == user_id) & (browsers.c.id == browser_id)
        return (await self._connection.execute(delete(browsers).where(this))).rowcount == 1

    async def distrust(self, user_id: UserId) -> None:
        theirs = update(browsers).where(browsers.c.user_id == user_id)
        await self._connection.execute(theirs.values(trusted_until=None))


class SqlPolicies:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def of_user(self, user_id: UserId) -> SignInPolicy:
        asked = select(companies.c.sign_in).join_from(memberships, companies)
        theirs = asked.where(memberships.c.user_id == user_id)
        documents = (await self._connection.scalars(theirs)).all()
        policies = [msgspec.convert(document, SignInPolicy) for document in documents]
        role = select(users.c.msp_role).where(users.c.id == user_id)
        if await self._connection.scalar(role) is not None:
            policies.append(await self._of_the_msp())
        return SignInPolicy.of_all(policies)

    async def _of_the_msp(self) -> SignInPolicy:
        data: dict[str, Any] | None = await self._connection.scalar(
            select(portal_settings.c.data)
        )
        if data is None or "sign_in" not in data:
            return PortalSettings().sign_in
        return msgspec.convert(data["sign_in"], SignInPolicy)


def _open(token_hash: bytes, now: datetime) -> ColumnElement[bool]:
    table = challenges.c
    live = (table.token_hash == token_hash) & (table.ends_at > now)
    return live & (table.tries < TRIES)


def _works(token_hash: bytes, now: datetime) -> ColumnElement[bool]:
    table = one_time_tokens.c
    return (table.token_hash == token_hash) & (table.ends_at > now)
