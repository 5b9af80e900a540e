"""Carts in SQL."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.sql.tables.commerce import cart_lines, products
from portal_core.commerce.cart import CartLine
from portal_core.ids import CompanyId, ProductId
from portal_core.money import Money

_KEY = ("company_id", "owner_id", "product_id")


class SqlCarts:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def lines(self, company_id: CompanyId, owner_id: UUID) -> Sequence[CartLine]:
        query = (
            select(cart_lines, products.c.sku, products.c.name)
            .join_from(cart_lines, products)
            .where(own_cart(company_id, owner_id))
            .order_by(cart_lines.c.added_at, cart_lines.c.product_id)
        )
        return [
            CartLine(
                product_id=row.product_id,
                sku=row.sku,
                name=row.name,
                quantity=row.quantity,
                shown_price=Money(row.shown_minor, row.shown_currency),
                added_at=row.added_at,
            )
            for row in await self._connection.execute(query)
        ]

    async def keep(self, company_id: CompanyId, owner_id: UUID, line: CartLine) -> None:
        shown = {
            "quantity": line.quantity,
            "shown_minor": line.shown_price.minor,
            "shown_currency": line.shown_price.currency,
        }
        key = dict(zip(_KEY, (company_id, owner_id, line.product_id), strict=True))
        statement = upsert(cart_lines).values({**key, **shown, "added_at": line.added_at})
        await self._connection.execute(
            statement.on_conflict_do_update(index_elements=list(_KEY), set_=shown)
        )

    async def remove(
        self, company_id: CompanyId, owner_id: UUID, product_id: ProductId
    ) -> None:
        this = and_(own_cart(company_id, owner_id), cart_lines.c.product_id == product_id)
        await self._connection.execute(delete(cart_lines).where(this))

    async def clear(self, company_id: CompanyId, owner_id: UUID) -> None:
        await self._connection.execute(
            delete(cart_lines).where(own_cart(company_id, owner_id))
        )


def own_cart(company_id: CompanyId, owner_id: UUID) -> ColumnElement[bool]:
    """Return that a line is in the cart of this owner in this company."""
    return and_(cart_lines.c.company_id == company_id, cart_lines.c.owner_id == owner_id)
