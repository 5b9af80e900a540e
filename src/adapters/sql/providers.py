"""Those who vouch for people, and the accounts that people have there, in SQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import ColumnElement, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.sql.connections import is_unique_violation
from adapters.sql.entities import Entity, values_of
from adapters.sql.identity import sweep
from adapters.sql.secrets import Secrets
from adapters.sql.tables.providers import errands, links, providers
from portal_core.errors import Conflict, NotFound
from portal_core.identity.providers import Errand, Link, LinkedAccount, Offer, Provider
from portal_core.ids import LinkId, ProviderId, UserId

_PROVIDER = Entity(Provider, providers)
_OFFER = Entity(Offer, providers)
_LINK = Entity(Link, links)
_ACCOUNT = Entity(
    LinkedAccount,
    links,
    kind=providers.c.kind,
    provider=providers.c.name,
)
_ERRAND = Entity(Errand, errands)

_ONE_LINK = _LINK.by(links.c.provider_id, links.c.subject)


class SqlProviders:
    def __init__(self, connection: AsyncConnection, secrets: Secrets) -> None:
        self._connection = connection
        self._secrets = secrets

    async def list(self) -> Sequence[Provider]:
        rows = await self._connection.execute(select(*_PROVIDER.columns))
        return sorted((self._opened(row) for row in rows), key=_by_name)

    async def get(self, provider_id: ProviderId) -> Provider:
        query = select(*_PROVIDER.columns).where(providers.c.id == provider_id)
        row = (await self._connection.execute(query)).first()
        if row is None:
            raise NotFound("There is no such provider.")
        return self._opened(row)

    async def add(self, provider: Provider) -> None:
        try:
            await self._connection.execute(insert(providers), self._row(provider))
        except IntegrityError as error:
            if is_unique_violation(error):
                message = "This provider is there already."
                raise Conflict(message, code="taken") from error
            raise

    async def save(self, provider: Provider) -> None:
        this, before = providers.c.id == provider.id, provider.version - 1
        is_next = this & (providers.c.version == before)
        change = update(providers).where(is_next).values(self._row(provider))
        if (await self._connection.execute(change)).rowcount == 0:
            message = "Somebody changed this provider meanwhile. Look at it again."
            raise Conflict(message, code="stale")

    async def remove(self, provider_id: ProviderId) -> int:
        count = select(func.count()).where(links.c.provider_id == provider_id)
        had = await self._connection.scalar(count) or 0
        this = delete(providers).where(providers.c.id == provider_id)
        await self._connection.execute(this)
        return had

    async def offered(self) -> Sequence[Offer]:
        for_all = providers.c.company_id.is_(None), providers.c.disabled.is_(False)
        query = select(*_OFFER.columns).where(*for_all)
        rows = await self._connection.execute(query)
        return sorted((_OFFER.read(row) for row in rows), key=_by_name)

    def _row(self, provider: Provider) -> dict[str, Any]:
        sealed = {"client_secret": self._secrets.seal(provider.client_secret)}
        return values_of(provider) | sealed

    def _opened(self, row: Sequence[Any]) -> Provider:
        sealed = _PROVIDER.read(row)
        return replace(sealed, client_secret=self._secrets.open(sealed.client_secret))


class SqlLinks:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def find(self, provider_id: ProviderId, subject: str) -> Link | None:
        this = {"provider_id": provider_id, "subject": subject}
        return _LINK.find((await self._connection.execute(_ONE_LINK, this)).first())

    async def add(self, link: Link) -> None:
        try:
            await self._connection.execute(insert(links), values_of(link))
        except IntegrityError as error:
            if is_unique_violation(error):
                message = "This account belongs to somebody else here."
                raise Conflict(message, code="taken") from error
            raise

    async def use(self, link_id: LinkId, email: str, at: datetime) -> None:
        this = update(links).where(links.c.id == link_id)
        await self._connection.execute(this.values(email=email, used_at=at))

    async def of_user(self, user_id: UserId) -> Sequence[LinkedAccount]:
        query = (
            select(*_ACCOUNT.columns)
            .join_from(links, providers)
            .where(links.c.user_id == user_id, providers.c.disabled.is_(False))
            .order_by(links.c.created_at, links.c.id)
        )
        return [_ACCOUNT.read(row) for row in await self._connection.execute(query)]

    async def remove(self, user_id: UserId, link_id: LinkId) -> str | None:
        this = (links.c.id == link_id) & (links.c.user_id == user_id)
        gone = delete(links).where(this).returning(links.c.provider_id)
        provider_id = await self._connection.scalar(gone)
        if provider_id is None:
            return None
        name = select(providers.c.name).where(providers.c.id == provider_id)
        found: str | None = await self._connection.scalar(name)
        return found


class SqlErrands:
    """Errands. Each new one sweeps away some that nobody came back from."""

    def __init__(self, connection: AsyncConnection, secrets: Secrets) -> None:
        self._connection = connection
        self._secrets = secrets

    async def add(self, errand: Errand, now: datetime) -> None:
        sealed = {
            "secrets": self._secrets.seal(errand.secrets),
            "claim": msgspec.to_builtins(errand.claim),
        }
        await self._connection.execute(insert(errands), values_of(errand) | sealed)
        await sweep(self._connection, errands, "state_hash", errands.c.ends_at < now)

    async def find(
        self, state_hash: bytes, browser_hash: bytes, now: datetime
    ) -> Errand | None:
        this = select(*_ERRAND.columns).where(_open(state_hash, browser_hash, now))
        return self._opened((await self._connection.execute(this)).first())

    async def use(
        self, state_hash: bytes, browser_hash: bytes, now: datetime
    ) -> Errand | None:
        this = delete(errands).where(_open(state_hash, browser_hash, now))
        rows = await self._connection.execute(this.returning(*_ERRAND.columns))
        return self._opened(rows.first())

    def _opened(self, row: Sequence[Any] | None) -> Errand | None:
        found = _ERRAND.find(row)
        return found and replace(found, secrets=self._secrets.open(found.secrets))


def _by_name(provider: Provider | Offer) -> tuple[str, str]:
    return provider.name.casefold(), str(provider.id)


def _open(state_hash: bytes, browser_hash: bytes, now: datetime) -> ColumnElement[bool]:
    table = errands.c
    mine = (table.state_hash == state_hash) & (table.browser_hash == browser_hash)
    return mine & (table.ends_at > now)
