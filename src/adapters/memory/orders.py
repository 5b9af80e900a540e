"""Orders in a dictionary."""

from collections.abc import Iterator

from msgspec.structs import replace

from adapters.memory.paging import by_time, page_of
from adapters.memory.tables import Tables
from portal_core.commerce.order import Order, OrderSummary
from portal_core.commerce.ports import OrderFilter
from portal_core.errors import Conflict, NotFound
from portal_core.ids import CompanyId
from portal_core.paging import Page, Window


class MemoryOrders:
    def __init__(self, tables: Tables, numbers: Iterator[int]) -> None:
        self._tables = tables
        self._numbers = numbers

    async def next_number(self) -> int:
        return next(self._numbers)

    async def add(self, order: Order) -> None:
        if self._find(order.number) is not None:
            raise Conflict(f"There is an order {order.number} already.", code="taken")
        self._tables.orders[order.id] = order

    async def get(self, company_id: CompanyId, number: str) -> Order:
        order = self._find(number)
        if order is None or order.company_id != company_id:
            raise NotFound("There is no such order.")
        return order

    async def get_across(self, number: str) -> Order:
        order = self._find(number)
        if order is None:
            raise NotFound("There is no such order.")
        return order

    async def save(self, order: Order) -> None:
        before = self._tables.orders.get(order.id)
        if before is None or order.version != before.version + 1:
            raise Conflict(
                "Somebody changed this order meanwhile. Look at it again.", code="stale"
            )
        self._tables.orders[order.id] = replace(order, lines=before.lines)

    async def page(
        self, company_id: CompanyId, wanted: OrderFilter, window: Window
    ) -> Page[OrderSummary]:
        return self._page(wanted, window, within=company_id)

    async def page_across(self, wanted: OrderFilter, window: Window) -> Page[OrderSummary]:
        return self._page(wanted, window, within=None)

    def _find(self, number: str) -> Order | None:
        orders = self._tables.orders.values()
        return next((order for order in orders if order.number == number), None)

    def _page(
        self, wanted: OrderFilter, window: Window, *, within: CompanyId | None
    ) -> Page[OrderSummary]:
        found = [
            self._summary(order)
            for order in self._tables.orders.values()
            if within in {None, order.company_id} and _fits(order, wanted)
        ]
        return page_of(
            found,
            lambda order: by_time(order.placed_at, order.id),
            window,
            descending=not wanted.oldest_first,
            count=wanted.count,
        )

    def _summary(self, order: Order) -> OrderSummary:
        company = self._tables.companies[order.company_id]
        return OrderSummary(
            id=order.id,
            number=order.number,
            company_slug=company.slug,
            company_name=company.name,
            placed_by_name=order.placed_by_name,
            placed_at=order.placed_at,
            status=order.status,
            po_number=order.po_number,
            units=sum(line.quantity for line in order.lines),
            gross=order.totals.gross,
            shipping=order.shipping,
        )


def _fits(order: Order, wanted: OrderFilter) -> bool:
    beginning = wanted.search.strip().casefold()
    return (
        wanted.status in {None, order.status}
        and (not wanted.among or order.status in wanted.among)
        and wanted.company_id in {None, order.company_id}
        and any(
            text.casefold().startswith(beginning)
            for text in (order.number, order.po_number)
        )
    )
