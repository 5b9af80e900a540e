"""The catalogue as one company sees it, in SQL."""

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, Select, and_, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.sql.columns import TEXT, folded
from adapters.sql.commerce import money_of
from adapters.sql.page_shape import Shape
from adapters.sql.product_lists import List, read_page
from adapters.sql.product_pages import found, ordered
from adapters.sql.tables.commerce import (
    categories,
    price_list_items,
    price_lists,
    products,
)
from adapters.sql.visible import OWN_LIST, visible
from portal_core.commerce.model import Offer, ShopProduct
from portal_core.commerce.ports import ShopFilter, ShopSort
from portal_core.errors import NotFound
from portal_core.ids import CompanyId
from portal_core.money import Money
from portal_core.paging import Page, Window

_ON_LIST = and_(
    price_list_items.c.product_id == products.c.id,
    price_list_items.c.price_list_id == OWN_LIST,
)
_PRICE = (
    func.coalesce(price_list_items.c.price_minor, products.c.price_minor),
    func.coalesce(price_lists.c.currency, products.c.price_currency),
)
_SHOWN = (
    products.c.id,
    products.c.sku,
    products.c.name,
    products.c.description,
    products.c.category_id,
    func.coalesce(categories.c.path, ""),
    products.c.manufacturer,
    *_PRICE,
    products.c.on_hand,
    products.c.reserved,
    products.c.low_stock,
    products.c.warranty,
    products.c.image_url,
    products.c.updated_at,
)
_OFFERED = (
    products.c.sku_key,
    products.c.id,
    products.c.sku,
    products.c.name,
    *_PRICE,
    products.c.cost_minor,
    products.c.cost_currency,
    products.c.on_hand,
    products.c.reserved,
    products.c.low_stock,
    products.c.image_url,
)
_AT_OWN_PRICE = products.outerjoin(price_list_items, _ON_LIST).outerjoin(
    price_lists, price_lists.c.id == price_list_items.c.price_list_id
)
_SHELVED = _AT_OWN_PRICE.outerjoin(categories, categories.c.id == products.c.category_id)
_ONE = (
    select(*_SHOWN)
    .select_from(_SHELVED)
    .where(products.c.sku_key == bindparam("sku_key", type_=TEXT), *visible())
)
_OFFERS = (
    select(*_OFFERED)
    .select_from(_AT_OWN_PRICE)
    .where(
        products.c.sku_key.in_(bindparam("sku_keys", type_=TEXT, expanding=True)),
        *visible(),
    )
)
# Others may still put a locked product into a cart.
_LOCKED_OFFERS = _OFFERS.order_by(products.c.id).with_for_update(
    of=products, key_share=True
)


class SqlShop:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def page(
        self, company_id: CompanyId, wanted: ShopFilter, window: Window
    ) -> Page[ShopProduct]:
        by_relevance = wanted.sort is ShopSort.RELEVANCE
        shape = Shape(
            limit=window.limit,
            lateral=self._connection.dialect.name == "postgresql",
            in_stock=wanted.in_stock,
            sort=ShopSort.NAME if by_relevance else wanted.sort,
            sku=by_relevance and bool(wanted.sku_key),
        )
        values = {"company": company_id, "sku": wanted.sku_key}
        asked = List(shape, values, wanted.wanted, wanted.categories, wanted.count)
        return await read_page(self._connection, asked, window, _page, _shown)

    async def product(self, company_id: CompanyId, sku: str) -> ShopProduct:
        values = {"company": company_id, "sku_key": folded(sku)}
        row = (await self._connection.execute(_ONE, values)).first()
        if row is None:
            raise NotFound("There is no such product.")
        return _shown(row)

    async def offers(
        self, company_id: CompanyId, skus: Collection[str], *, lock: bool = False
    ) -> Mapping[str, Offer]:
        if not skus:
            return {}
        keys = {sku: folded(sku) for sku in skus}
        values = {"company": company_id, "sku_keys": list(set(keys.values()))}
        query = _LOCKED_OFFERS if lock else _OFFERS
        rows = await self._connection.execute(query, values)
        found = {row[0]: _offer(row) for row in rows}
        return {sku: found[key] for sku, key in keys.items() if key in found}


@lru_cache(maxsize=1_000)
def _page(shape: Shape) -> Select[Any]:
    page = found(shape)
    rows = select(*_SHOWN, *page.c).select_from(page)
    rows = rows.join(_SHELVED, products.c.id == page.c.id)
    return ordered(shape, rows, page)


def _shown(row: Row[Any]) -> ShopProduct:
    (
        id_,
        sku,
        name,
        description,
        category_id,
        category,
        manufacturer,
        price,
        currency,
        on_hand,
        reserved,
        low_stock,
        warranty,
        image_url,
        updated_at,
        *_,
    ) = row
    stock = max(0, on_hand - reserved)
    return ShopProduct(
        id=id_,
        sku=sku,
        name=name,
        description=description,
        category_id=category_id,
        category=category,
        manufacturer=manufacturer,
        price=Money(price, currency),
        stock=stock,
        low_stock=stock <= low_stock,
        warranty=warranty,
        image_url=image_url,
        updated_at=updated_at,
    )


def _offer(row: Row[Any]) -> Offer:
    (
        _,
        id_,
        sku,
        name,
        price,
        currency,
        cost,
        cost_currency,
        on_hand,
        reserved,
        low,
        image,
    ) = row
    return Offer(
        product_id=id_,
        sku=sku,
        name=name,
        price=Money(price, currency),
        cost=money_of(cost, cost_currency),
        on_hand=on_hand,
        reserved=reserved,
        low_stock=low,
        image_url=image,
    )
