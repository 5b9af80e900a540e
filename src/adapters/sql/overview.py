"""Counting across domains in SQL."""

from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Table, func, not_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.sql.columns import said
from adapters.sql.keyset import MOST_COUNTED, total_from
from adapters.sql.tables.commerce import orders, products
from adapters.sql.tables.companies import companies
from adapters.sql.tables.events import deliveries, is_failed
from portal_core.commerce.order import TO_SHIP, Status
from portal_core.overview.ports import Figures


class SqlOverview:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def figures(self) -> Figures:
        row = (await self._connection.execute(_FIGURES)).one()
        return Figures(**{name: total_from(n) for name, n in row._asdict().items()})


def _count(table: Table, *conditions: ColumnElement[bool]) -> ScalarSelect[Any]:
    """Return how many rows there are, counting no further than lists do."""
    some = select(table.c.id).where(*conditions).limit(said(MOST_COUNTED + 1))
    return select(func.count()).select_from(some.subquery()).scalar_subquery()


_FIGURES = select(
    _count(orders, orders.c.status.in_(sorted(TO_SHIP))).label("to_ship"),
    _count(orders, orders.c.status == Status.ON_HOLD).label("on_hold"),
    _count(deliveries, is_failed).label("failed_deliveries"),
    _count(
        products, not_(products.c.archived), products.c.on_hand <= products.c.reserved
    ).label("sold_out"),
    _count(companies).label("companies"),
)
