"""Orders in SQL."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.sql.columns import folded, starts_with
from adapters.sql.commerce import money_of
from adapters.sql.connections import is_unique_violation
from adapters.sql.keyset import Order as ListOrder
from adapters.sql.keyset import page_of
from adapters.sql.tables.commerce import order_lines, order_numbers, orders
from adapters.sql.tables.companies import companies
from portal_core.commerce.order import Line, Order, OrderSummary, Shipping, Status, Totals
from portal_core.commerce.ports import OrderFilter
from portal_core.errors import Conflict, NotFound
from portal_core.ids import CompanyId
from portal_core.money import Money
from portal_core.paging import Page, Window

_NEWEST_FIRST = ListOrder.newest(orders.c.placed_at, orders.c.id)
_OLDEST_FIRST = ListOrder(orders.c.placed_at, orders.c.id)
_LINE_COLUMNS = [column for column in order_lines.c if column.name != "order_id"]
_WHOLE = (
    select(orders, *(column.label(f"line_{column.name}") for column in _LINE_COLUMNS))
    .join_from(orders, order_lines)
    .order_by(order_lines.c.position)
)
_SUMMARY = select(
    orders.c.id,
    orders.c.number,
    companies.c.slug,
    companies.c.name,
    orders.c.placed_by_name,
    orders.c.placed_at,
    orders.c.status,
    orders.c.po_number,
    orders.c.units,
    orders.c.gross_minor,
    orders.c.currency,
    orders.c.carrier,
    orders.c.consignment,
    orders.c.eta,
).join_from(orders, companies)


class SqlOrders:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def next_number(self) -> int:
        statement = insert(order_numbers).values().returning(order_numbers.c.number)
        number: int = (await self._connection.execute(statement)).scalar_one()
        return number

    async def add(self, order: Order) -> None:
        try:
            row = {**_row(order), "units": sum(line.quantity for line in order.lines)}
            await self._connection.execute(insert(orders), row)
        except IntegrityError as error:
            raise _taken(error, order) from error
        await self._connection.execute(insert(order_lines), _line_rows(order))

    async def get(self, company_id: CompanyId, number: str) -> Order:
        return await self._one(orders.c.number == number, orders.c.company_id == company_id)

    async def get_across(self, number: str) -> Order:
        return await self._one(orders.c.number == number)

    async def save(self, order: Order) -> None:
        this = (orders.c.id == order.id) & (orders.c.version == order.version - 1)
        changed = await self._connection.execute(
            update(orders).where(this).values(_row(order))
        )
        if changed.rowcount == 0:
            raise Conflict(
                "Somebody changed this order meanwhile. Look at it again.", code="stale"
            )

    async def page(
        self, company_id: CompanyId, wanted: OrderFilter, window: Window
    ) -> Page[OrderSummary]:
        own = _SUMMARY.where(orders.c.company_id == company_id)
        return await self._page(own, wanted, window)

    async def page_across(self, wanted: OrderFilter, window: Window) -> Page[OrderSummary]:
        return await self._page(_SUMMARY, wanted, window)

    async def _one(self, *conditions: ColumnElement[bool]) -> Order:
        rows = (await self._connection.execute(_WHOLE.where(*conditions))).all()
        if not rows:
            raise NotFound("There is no such order.")
        return _order(rows)

    async def _page(
        self, query: Select[Any], wanted: OrderFilter, window: Window
    ) -> Page[OrderSummary]:
        if wanted.status is not None:
            query = query.where(orders.c.status == wanted.status)
        if wanted.among:
            query = query.where(orders.c.status.in_(sorted(wanted.among)))
        if wanted.company_id is not None:
            query = query.where(orders.c.company_id == wanted.company_id)
        if beginning := wanted.search.strip():
            number = starts_with(orders.c.number, beginning.upper())
            query = query.where(
                or_(number, starts_with(orders.c.po_key, folded(beginning)))
            )
        order = _OLDEST_FIRST if wanted.oldest_first else _NEWEST_FIRST
        return await page_of(
            self._connection, query, order, window, _summary, count=wanted.count
        )


def _row(order: Order) -> dict[str, Any]:
    totals, shipping = order.totals, order.shipping
    return {
        "id": order.id,
        "number": order.number,
        "company_id": order.company_id,
        "placed_by": order.placed_by,
        "placed_by_name": order.placed_by_name,
        "placed_at": order.placed_at,
        "status": order.status,
        "po_number": order.po_number,
        "po_key": folded(order.po_number),
        "currency": totals.gross.currency,
        "net_minor": totals.net.minor,
        "freight_minor": totals.freight.minor,
        "tax_minor": totals.tax.minor,
        "gross_minor": totals.gross.minor,
        "carrier": shipping.carrier,
        "consignment": shipping.consignment,
        "eta": shipping.eta,
        "notes": order.notes,
        "updated_at": order.updated_at,
        "version": order.version,
    }


def _line_rows(order: Order) -> list[dict[str, Any]]:
    return [
        {
            "order_id": order.id,
            "position": position,
            "product_id": line.product_id,
            "sku": line.sku,
            "name": line.name,
            "quantity": line.quantity,
            "unit_minor": line.unit_price.minor,
            "cost_minor": line.cost.minor if line.cost else None,
            "cost_currency": line.cost.currency if line.cost else None,
            "tax_rate_bp": line.tax_rate_bp,
            "tax_minor": line.tax.minor,
        }
        for position, line in enumerate(order.lines)
    ]


def _order(rows: Sequence[Row[Any]]) -> Order:
    row = rows[0]
    return Order(
        id=row.id,
        number=row.number,
        company_id=row.company_id,
        placed_by=row.placed_by,
        placed_by_name=row.placed_by_name,
        placed_at=row.placed_at,
        status=Status(row.status),
        po_number=row.po_number,
        lines=tuple(_line(each) for each in rows),
        totals=Totals(
            net=Money(row.net_minor, row.currency),
            freight=Money(row.freight_minor, row.currency),
            tax=Money(row.tax_minor, row.currency),
            gross=Money(row.gross_minor, row.currency),
        ),
        shipping=_shipping(row),
        notes=row.notes,
        updated_at=row.updated_at,
        version=row.version,
    )


def _line(row: Row[Any]) -> Line:
    return Line(
        product_id=row.line_product_id,
        sku=row.line_sku,
        name=row.line_name,
        quantity=row.line_quantity,
        unit_price=Money(row.line_unit_minor, row.currency),
        cost=money_of(row.line_cost_minor, row.line_cost_currency),
        tax_rate_bp=row.line_tax_rate_bp,
        tax=Money(row.line_tax_minor, row.currency),
    )


def _summary(row: Row[Any]) -> OrderSummary:
    return OrderSummary(
        id=row.id,
        number=row.number,
        company_slug=row.slug,
        company_name=row.name,
        placed_by_name=row.placed_by_name,
        placed_at=row.placed_at,
        status=Status(row.status),
        po_number=row.po_number,
        units=row.units,
        gross=Money(row.gross_minor, row.currency),
        shipping=_shipping(row),
    )


def _shipping(row: Row[Any]) -> Shipping:
    return Shipping(carrier=row.carrier, consignment=row.consignment, eta=row.eta)


def _taken(error: IntegrityError, order: Order) -> Exception:
    if is_unique_violation(error):
        return Conflict(f"There is an order {order.number} already.", code="taken")
    return error
