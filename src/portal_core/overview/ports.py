"""What the overview needs from the outside world."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol
from uuid import UUID

from msgspec import Struct

from portal_core.automation.ports import AutomationWork
from portal_core.commerce.feed_ports import ImportWork
from portal_core.companies.model import CompanyName
from portal_core.ids import CompanyId
from portal_core.paging import Total


class Figures(Struct, frozen=True, kw_only=True):
    """How many of each there are, in all companies. Archived products do not count."""

    to_ship: Total
    on_hold: Total
    failed_deliveries: Total
    sold_out: Total
    companies: Total


class Around(Struct, frozen=True, kw_only=True):
    """What stands around every page: companies to go to, and how long one's cart is."""

    companies: Sequence[CompanyName]
    cart_lines: int


class OverviewQueries(Protocol):
    """Counts across domains."""

    async def around(
        self,
        user_id: UUID,
        *,
        msp: bool,
        cart_of: CompanyId | None,
        limit: int,
        now: datetime,
    ) -> Around:
        """Return the user's first companies by name, in one query; none is archived.

        They are all for the MSP, and else those that the user is a member of, or helps in.
        The cart is the one in `cart_of`, whose member or guest the user is.
        """

    async def figures(self) -> Figures:
        """Return how much there is to do, in one query."""


class OverviewWork(AutomationWork, ImportWork, Protocol):
    """What the overview may look at."""

    @property
    def overview(self) -> OverviewQueries: ...


class OverviewDatabase(Protocol):
    """Opens works on everything."""

    def read(self) -> AbstractAsyncContextManager[OverviewWork]:
        """Open a work that only reads."""
