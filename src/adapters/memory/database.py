"""A database in dictionaries."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress

from adapters.memory.audit import MemoryTrail
from adapters.memory.automation import MemoryDeliveries, MemoryEndpoints
from adapters.memory.carts import MemoryCarts
from adapters.memory.commerce import MemoryCategories, MemoryPriceLists, MemoryProducts
from adapters.memory.companies import (
    MemoryCompanies,
    MemoryEntrances,
    MemoryGrants,
    MemoryMemberships,
    MemoryRoles,
    MemorySettings,
    MemoryVariables,
)
from adapters.memory.factors import (
    MemoryBrowsers,
    MemoryCeremonies,
    MemoryChallenges,
    MemoryFactors,
    MemoryPolicies,
    MemoryTokens,
)
from adapters.memory.feed import MemoryImports, MemoryStaging
from adapters.memory.idempotency import MemoryAnswers
from adapters.memory.identity import (
    MemoryApiKeys,
    MemoryAttempts,
    MemoryCredentials,
    MemorySessions,
    MemorySetupTokens,
    MemoryUsers,
)
from adapters.memory.orders import MemoryOrders
from adapters.memory.outbox import MemoryOutbox, record_facts
from adapters.memory.overview import MemoryOverview
from adapters.memory.providers import MemoryErrands, MemoryLinks, MemoryProviders
from adapters.memory.shop import MemoryShop
from adapters.memory.stock import MemoryStock
from adapters.memory.tables import Tables
from portal_core.events import Event


class MemoryWork:
    """One change to the tables; it satisfies every `…Work` port of the core."""

    def __init__(self, tables: Tables, numbers: Iterator[int]) -> None:
        self.events: list[Event] = []
        self.answers = MemoryAnswers(tables)
        self.users = MemoryUsers(tables)
        self.credentials = MemoryCredentials(tables)
        self.sessions = MemorySessions(tables)
        self.attempts = MemoryAttempts(tables)
        self.setup_tokens = MemorySetupTokens(tables)
        self.keys = MemoryApiKeys(tables)
        self.factors = MemoryFactors(tables)
        self.challenges = MemoryChallenges(tables)
        self.ceremonies = MemoryCeremonies(tables)
        self.tokens = MemoryTokens(tables)
        self.browsers = MemoryBrowsers(tables)
        self.policies = MemoryPolicies(tables)
        self.providers = MemoryProviders(tables)
        self.links = MemoryLinks(tables)
        self.errands = MemoryErrands(tables)
        self.companies = MemoryCompanies(tables)
        self.memberships = MemoryMemberships(tables)
        self.roles = MemoryRoles(tables)
        self.grants = MemoryGrants(tables)
        self.variables = MemoryVariables(tables)
        self.entrances = MemoryEntrances(tables)
        self.settings = MemorySettings(tables)
        self.categories = MemoryCategories(tables)
        self.products = MemoryProducts(tables)
        self.shop = MemoryShop(tables)
        self.stock = MemoryStock(tables)
        self.price_lists = MemoryPriceLists(tables)
        self.carts = MemoryCarts(tables)
        self.orders = MemoryOrders(tables, numbers)
        self.imports = MemoryImports(tables)
        self.staging = MemoryStaging(tables)
        self.trail = MemoryTrail(tables)
        self.endpoints = MemoryEndpoints(tables)
        self.deliveries = MemoryDeliveries(tables)
        self.overview = MemoryOverview(tables)

    def emit(self, event: Event) -> None:
        self.events.append(event)


class MemoryDatabase:
    """Tables in memory, changed by one work at a time.

    `nudge` is called after a change that wrote deliveries; it fails alone.
    """

    def __init__(
        self,
        tables: Tables | None = None,
        *,
        nudge: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self.tables = tables or Tables()
        self.outbox = MemoryOutbox(lambda: self.tables)
        self._nudge = nudge
        self._lock = asyncio.Lock()
        self._numbers = itertools.count(1)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[MemoryWork]:
        async with self._lock:
            draft = self.tables.copy()
            work = MemoryWork(draft, self._numbers)
            yield work
            delivers = record_facts(draft, work.events)
            self.tables = draft
        if delivers and self._nudge is not None:
            with suppress(Exception):
                await self._nudge()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[MemoryWork]:
        yield MemoryWork(self.tables, self._numbers)
