"""What the database says in the end."""

import asyncio
import time
from collections import Counter, defaultdict
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import func, select

from adapters.sql.engine import create_engine
from adapters.sql.tables.commerce import order_lines, orders, products, stock_moves
from adapters.sql.tables.events import deliveries, events
from portal_core.delivery import DeliveryState

PATIENCE = 60
"""For how many seconds after the last kill something may still be waiting."""


class Books:
    """The database of a portal, read from outside."""

    def __init__(self, url):
        self._url = url

    async def settled(self):
        """Wait until nothing is pending; return how many seconds that took."""
        began = time.monotonic()
        waiting = select(deliveries.c.id).where(deliveries.c.state == DeliveryState.PENDING)
        async with self._open() as connection:
            while stuck := (await connection.execute(waiting)).all():
                if time.monotonic() - began > PATIENCE:
                    pytest.fail(f"{len(stuck)} deliveries are stuck.")
                await asyncio.sleep(0.5)
        return time.monotonic() - began

    async def orders(self):
        """Return number, lines and reference of every order."""
        query = select(orders.c.number, orders.c.po_number, order_lines).join_from(
            order_lines, orders, orders.c.id == order_lines.c.order_id
        )
        found = defaultdict(dict)
        async with self._open() as connection:
            for row in await connection.execute(query):
                found[row.number, row.po_number][row.sku] = row.quantity
        return [(number, lines, po) for (number, po), lines in found.items()]

    async def facts(self):
        """Return how often it was recorded that an order was placed, by its id."""
        query = select(events.c.subject_id).where(events.c.type == "order.placed")
        async with self._open() as connection:
            return Counter(await connection.scalars(query))

    async def stock(self):
        """Return by SKU what is reserved: by the product, the ledger, and the orders."""
        ledger = _sum(stock_moves, stock_moves.c.reserved)
        sold = _sum(order_lines, order_lines.c.quantity)
        query = select(products.c.sku, products.c.reserved, ledger, sold)
        async with self._open() as connection:
            return {row[0]: tuple(row[1:]) for row in await connection.execute(query)}

    async def deliveries(self):
        """Return every delivery."""
        async with self._open() as connection:
            return (await connection.execute(select(deliveries))).all()

    @asynccontextmanager
    async def _open(self):
        engine = create_engine(self._url)
        reading = engine.execution_options(isolation_level="AUTOCOMMIT")
        try:
            async with reading.connect() as connection:
                yield connection
        finally:
            await engine.dispose()


def _sum(table, column):
    query = select(func.coalesce(func.sum(column), 0))
    return query.where(table.c.product_id == products.c.id).scalar_subquery()
