"""Removing the demo without a trace."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, Table, delete, exists, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.sql.columns import folded, starts_with
from adapters.sql.connections import Connections
from adapters.sql.tables.commerce import (
    answers,
    categories,
    order_lines,
    order_numbers,
    orders,
    price_lists,
    products,
)
from adapters.sql.tables.companies import companies, portal_settings
from adapters.sql.tables.events import events
from adapters.sql.tables.feed import feed_imports
from adapters.sql.tables.identity import api_keys, sign_in_attempts, users

_FROM_ONE = {
    "sqlite": "DELETE FROM sqlite_sequence WHERE name = 'order_numbers'",
    "postgresql": "ALTER SEQUENCE order_numbers_number_seq RESTART",
}
"""How a database begins to count orders again, by its dialect."""


class DemoEraser:
    """Removes companies, users and products by what the demo calls them."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._connections = Connections(engine)

    async def erase(
        self,
        *,
        slugs: Sequence[str],
        domains: Sequence[str],
        sku_prefix: str,
        category_paths: Sequence[str],
        price_list: str,
        actor: str,
    ) -> None:
        """Remove all of it, with every fact about it, in one transaction.

        Categories and the price list stay if anything else uses them.
        """
        clients = select(companies.c.id).where(companies.c.slug.in_(slugs))
        at_home = or_(*(users.c.email.endswith(f"@{each}") for each in domains))
        people = select(users.c.id).where(at_home)
        wares_are = starts_with(products.c.sku_key, folded(sku_prefix))
        wares = select(products.c.id).where(wares_are)
        async with self._connections.changing() as connection:
            await _forget(connection, clients, people, wares, actor)
            await _gone(connection, orders, orders.c.company_id.in_(clients))
            await _gone(connection, api_keys, api_keys.c.company_id.in_(clients))
            ordered = select(order_lines.c.product_id)
            await _gone(connection, products, wares_are, ~products.c.id.in_(ordered))
            for domain in domains:
                tried = sign_in_attempts.c.bucket.contains(f"@{domain}")
                await _gone(connection, sign_in_attempts, tried)
            await _gone(connection, users, at_home)
            await _gone(connection, companies, companies.c.slug.in_(slugs))
            await _gone(connection, feed_imports, feed_imports.c.actor_name == actor)
            await _gone(connection, portal_settings)
            await _clear_shelves(connection, category_paths)
            used = select(companies.c.price_list_id).where(
                companies.c.price_list_id.is_not(None)
            )
            await _gone(
                connection,
                price_lists,
                price_lists.c.name_key == folded(price_list),
                ~price_lists.c.id.in_(used),
            )
            await _begin_anew(connection)


async def _forget(
    connection: AsyncConnection,
    clients: Select[tuple[object]],
    people: Select[tuple[object]],
    wares: Select[tuple[object]],
    actor: str,
) -> None:
    """Remove the facts, and with them their deliveries."""
    await _gone(
        connection,
        events,
        or_(
            events.c.company_id.in_(clients),
            events.c.actor_id.in_(people),
            events.c.subject_id.in_(people),
            events.c.subject_id.in_(wares),
            events.c.actor_name == actor,
        ),
    )
    for person in await connection.scalars(people):
        await _gone(connection, answers, answers.c.scope.contains(str(person)))


async def _begin_anew(connection: AsyncConnection) -> None:
    """Let the orders of a portal that has none be numbered from 1."""
    if await connection.scalar(select(exists(select(orders.c.id)))):
        return
    await _gone(connection, order_numbers)
    await connection.execute(text(_FROM_ONE[connection.dialect.name]))


async def _clear_shelves(connection: AsyncConnection, paths: Sequence[str]) -> None:
    """Remove these categories where nothing is on them, the lowest first."""
    used = select(products.c.category_id).where(products.c.category_id.is_not(None))
    for path in sorted(paths, key=len, reverse=True):
        below = categories.alias()
        holds = select(below.c.id).where(below.c.parent_id == categories.c.id).exists()
        await _gone(
            connection,
            categories,
            categories.c.path_key == folded(path),
            ~categories.c.id.in_(used),
            ~holds,
        )


async def _gone(
    connection: AsyncConnection, table: Table, *conditions: ColumnElement[bool]
) -> None:
    await connection.execute(delete(table).where(*conditions))
