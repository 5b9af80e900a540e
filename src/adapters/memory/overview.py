"""Counting in dictionaries."""

from adapters.memory.paging import total_of
from adapters.memory.tables import Tables
from portal_core.commerce.order import TO_SHIP, Status
from portal_core.delivery import DeliveryState
from portal_core.overview.ports import Figures


class MemoryOverview:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def figures(self) -> Figures:
        tables = self._tables
        statuses = [order.status for order in tables.orders.values()]
        states = [delivery.state for delivery in tables.deliveries.values()]
        products = tables.products.values()
        return Figures(
            to_ship=total_of(sum(status in TO_SHIP for status in statuses)),
            on_hold=total_of(statuses.count(Status.ON_HOLD)),
            failed_deliveries=total_of(states.count(DeliveryState.FAILED)),
            sold_out=total_of(sum(not p.archived and p.available <= 0 for p in products)),
            companies=total_of(len(tables.companies)),
        )
