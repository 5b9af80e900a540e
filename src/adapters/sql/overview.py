"""Counting across domains in SQL."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, Table, func, literal, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.sql.carts import own_cart
from adapters.sql.columns import said
from adapters.sql.companies import BY_NAME, NAME
from adapters.sql.keyset import MOST_COUNTED, total_from
from adapters.sql.tables.commerce import cart_lines, orders, products
from adapters.sql.tables.companies import companies, memberships, technician_grants
from adapters.sql.tables.events import deliveries, is_failed
from portal_core.commerce.order import TO_SHIP, Status
from portal_core.ids import CompanyId
from portal_core.overview.ports import Around, Figures


class SqlOverview:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def around(
        self,
        user_id: UUID,
        *,
        msp: bool,
        cart_of: CompanyId | None,
        limit: int,
        now: datetime,
    ) -> Around:
        lines: ColumnElement[int] = literal(0)
        if cart_of is not None:
            mine = select(func.count()).where(own_cart(cart_of, user_id))
            lines = mine.select_from(cart_lines).scalar_subquery()
        query = select(*NAME.columns, lines.label("cart_lines"))
        query = query.order_by(*BY_NAME.columns).limit(limit)
        query = query.where(companies.c.archived_at.is_(None))
        if not msp:
            query = query.where(or_(_joined(user_id), _let_in(user_id, now)))
        rows = (await self._connection.execute(query)).all()
        return Around(
            companies=tuple(NAME.read(row) for row in rows),
            cart_lines=rows[0].cart_lines if rows else 0,
        )

    async def figures(self) -> Figures:
        row = (await self._connection.execute(_FIGURES)).one()
        return Figures(**{name: total_from(n) for name, n in row._asdict().items()})


def _joined(user_id: UUID) -> ColumnElement[bool]:
    table = memberships.c
    theirs = select(table.company_id).where(table.user_id == user_id)
    return companies.c.id.in_(theirs)


def _let_in(user_id: UUID, now: datetime) -> ColumnElement[bool]:
    table = technician_grants.c
    theirs = select(table.company_id).where(table.user_id == user_id, table.ends_at > now)
    return companies.c.id.in_(theirs)


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
    _count(companies, companies.c.archived_at.is_(None)).label("companies"),
)
