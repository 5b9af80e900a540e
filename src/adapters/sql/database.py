"""The SQL database as the core sees it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.sql.audit import SqlTrail
from adapters.sql.automation import SqlDeliveries, SqlEndpoints
from adapters.sql.carts import SqlCarts
from adapters.sql.commerce import SqlCategories, SqlPriceLists, SqlProducts
from adapters.sql.companies import (
    SqlCompanies,
    SqlEntrances,
    SqlGrants,
    SqlMemberships,
    SqlRoles,
    SqlSettings,
    SqlVariables,
)
from adapters.sql.connections import Connections
from adapters.sql.factors import (
    SqlBrowsers,
    SqlCeremonies,
    SqlChallenges,
    SqlFactors,
    SqlPolicies,
    SqlTokens,
)
from adapters.sql.facts import record_facts
from adapters.sql.feed import SqlImports
from adapters.sql.feed_staging import SqlStaging
from adapters.sql.idempotency import SqlAnswers
from adapters.sql.identity import (
    SqlApiKeys,
    SqlAttempts,
    SqlCredentials,
    SqlSessions,
    SqlSetupTokens,
    SqlUsers,
)
from adapters.sql.orders import SqlOrders
from adapters.sql.outbox import SqlOutbox
from adapters.sql.overview import SqlOverview
from adapters.sql.providers import SqlErrands, SqlLinks, SqlProviders
from adapters.sql.secrets import Secrets
from adapters.sql.shop import SqlShop
from adapters.sql.stock import SqlStock
from portal_core.events import Event

Nudge = Callable[[], Awaitable[None]]

_log = structlog.get_logger("portal.sql")


class SqlWork:
    """One piece of work on one connection; it satisfies every `…Work` port of the core."""

    def __init__(
        self, connection: AsyncConnection, secrets: Secrets, *, changes: bool
    ) -> None:
        self.events: list[Event] = []
        self.answers = SqlAnswers(connection)
        self.users = SqlUsers(connection, changes=changes)
        self.credentials = SqlCredentials(connection)
        self.sessions = SqlSessions(connection)
        self.attempts = SqlAttempts(connection)
        self.setup_tokens = SqlSetupTokens(connection)
        self.keys = SqlApiKeys(connection)
        self.factors = SqlFactors(connection, secrets)
        self.challenges = SqlChallenges(connection)
        self.ceremonies = SqlCeremonies(connection)
        self.tokens = SqlTokens(connection)
        self.browsers = SqlBrowsers(connection)
        self.policies = SqlPolicies(connection)
        self.providers = SqlProviders(connection, secrets)
        self.links = SqlLinks(connection)
        self.errands = SqlErrands(connection, secrets)
        self.companies = SqlCompanies(connection)
        self.memberships = SqlMemberships(connection, changes=changes)
        self.roles = SqlRoles(connection)
        self.grants = SqlGrants(connection)
        self.variables = SqlVariables(connection, secrets)
        self.entrances = SqlEntrances(connection)
        self.settings = SqlSettings(connection, secrets)
        self.trail = SqlTrail(connection)
        self.categories = SqlCategories(connection)
        self.products = SqlProducts(connection)
        self.shop = SqlShop(connection)
        self.stock = SqlStock(connection)
        self.price_lists = SqlPriceLists(connection)
        self.carts = SqlCarts(connection)
        self.orders = SqlOrders(connection)
        self.imports = SqlImports(connection)
        self.staging = SqlStaging(connection)
        self.endpoints = SqlEndpoints(connection, secrets)
        self.deliveries = SqlDeliveries(connection)
        self.overview = SqlOverview(connection)

    def emit(self, event: Event) -> None:
        self.events.append(event)


class SqlDatabase:
    """A PostgreSQL or SQLite database.

    `nudge` is called after a change that wrote deliveries; nobody waits for it, and it
    fails alone. A `quiet` database records facts and tells nobody: for playing the past.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        *,
        secrets: Secrets,
        nudge: Nudge | None = None,
        quiet: bool = False,
    ) -> None:
        self._connections = Connections(engine)
        self._secrets = secrets
        self._nudge = nudge
        self._quiet = quiet
        self._nudging: set[asyncio.Task[None]] = set()
        self.outbox = SqlOutbox(self._connections)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[SqlWork]:
        async with self._connections.changing() as connection:
            work = SqlWork(connection, self._secrets, changes=True)
            yield work
            delivers = await record_facts(connection, work.events, tell=not self._quiet)
        if delivers and self._nudge is not None:
            self._hurry(self._nudge)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[SqlWork]:
        async with self._connections.reading() as connection:
            yield SqlWork(connection, self._secrets, changes=False)

    def _hurry(self, nudge: Nudge) -> None:
        """Start nudging, and hold on to it until it is over."""
        task = asyncio.create_task(_alone(nudge))
        self._nudging.add(task)
        task.add_done_callback(self._nudging.discard)


async def _alone(nudge: Nudge) -> None:
    try:
        await nudge()
    except Exception as error:  # noqa: BLE001 - the worker's poll makes up for any failure
        _log.warning("the worker was not nudged", reason=str(error))
