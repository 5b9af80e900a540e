"""Categories, products and price lists in SQL."""

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import Row, Select, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.sql.columns import contains, folded
from adapters.sql.connections import is_foreign_key_violation, is_unique_violation
from adapters.sql.entities import Entity, values_of
from adapters.sql.keyset import Order, page_of
from adapters.sql.page_shape import Shape
from adapters.sql.product_lists import List, read_page
from adapters.sql.product_pages import found, ordered
from adapters.sql.tables.commerce import (
    categories,
    price_list_items,
    price_lists,
    product_exclusions,
    products,
)
from adapters.sql.terms import write_terms
from portal_core.commerce.model import (
    Category,
    ListedPrice,
    PriceList,
    Product,
    ProductSummary,
)
from portal_core.commerce.ports import ProductFilter
from portal_core.commerce.search import sku_key
from portal_core.errors import Conflict, Invalid, NotFound
from portal_core.ids import CategoryId, CompanyId, PriceListId, ProductId
from portal_core.money import Money
from portal_core.paging import Page, Window

_CATEGORY = Entity(Category, categories)
_PRICE_LIST = Entity(PriceList, price_lists)

_BY_NAME = Order(products.c.name_key, products.c.id)
_AMOUNTS = ("price", "cost")
_STOCK = ("on_hand", "reserved")
_PLAIN = [f for f in Product.__struct_fields__ if f not in {*_AMOUNTS, "locked_fields"}]
_SUMMARY_COLUMNS = (
    products.c.id,
    products.c.sku,
    products.c.name,
    func.coalesce(categories.c.path, "").label("category"),
    products.c.manufacturer,
    products.c.price_minor,
    products.c.price_currency,
    products.c.cost_minor,
    products.c.cost_currency,
    products.c.on_hand,
    products.c.reserved,
    products.c.low_stock,
    products.c.archived,
    products.c.updated_at,
)

_LISTED = (
    select(
        products.c.id,
        products.c.sku,
        products.c.name,
        products.c.price_minor.label("usual_minor"),
        products.c.price_currency.label("usual_currency"),
        price_list_items.c.price_minor.label("listed_minor"),
        price_lists.c.currency,
    )
    .select_from(price_list_items)
    .join(products)
    .join(price_lists)
)


class SqlCategories:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def list(self) -> Sequence[Category]:
        query = select(*_CATEGORY.columns).order_by(categories.c.path_key)
        return [_CATEGORY.read(row) for row in await self._connection.execute(query)]

    async def get(self, category_id: CategoryId) -> Category:
        query = select(*_CATEGORY.columns).where(categories.c.id == category_id)
        found = _CATEGORY.find((await self._connection.execute(query)).first())
        if found is None:
            raise NotFound("There is no such category.")
        return found

    async def add(self, category: Category) -> None:
        try:
            await self._connection.execute(insert(categories), category_row(category))
        except IntegrityError as error:
            raise _taken(error, f"There is a category {category.path} already.") from error

    async def rename(self, category: Category) -> None:
        before = await self.get(category.id)
        below = [
            _moved(one, before, category)
            for one in await self.list()
            if folded(one.path).startswith(folded(before.path) + "/")
        ]
        try:
            for one in (category, *below):
                this = categories.c.id == one.id
                await self._connection.execute(
                    update(categories).where(this).values(category_row(one))
                )
        except IntegrityError as error:
            raise _taken(error, f"There is a category {category.path} already.") from error

    async def remove(self, category_id: CategoryId) -> None:
        used = select(products.c.id).where(products.c.category_id == category_id)
        below = select(categories.c.id).where(categories.c.parent_id == category_id)
        in_use = await self._connection.scalar(select(used.exists() | below.exists()))
        if in_use:
            raise Conflict(
                "This category is not empty. Move what is in it first.", code="not_empty"
            )
        gone = delete(categories).where(categories.c.id == category_id)
        await self._connection.execute(gone)


class SqlProducts:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, product: Product) -> None:
        try:
            await self._connection.execute(insert(products), product_row(product))
        except IntegrityError as error:
            raise _sku_taken(error, product) from error
        await write_terms(self._connection, [product], new=True)

    async def get(self, sku: str) -> Product:
        query = select(products).where(products.c.sku_key == folded(sku))
        row = (await self._connection.execute(query)).first()
        if row is None:
            raise NotFound("There is no such product.")
        return product_of(row)

    async def save(self, product: Product) -> None:
        this = products.c.id == product.id
        before = await self._one(product.id)
        values = {k: v for k, v in product_row(product).items() if k not in _STOCK}
        statement = update(products).where(this, products.c.version == product.version - 1)
        try:
            changed = await self._connection.execute(statement.values(values))
        except IntegrityError as error:
            raise _sku_taken(error, product) from error
        if before is None or changed.rowcount == 0:
            raise Conflict(
                "Somebody changed this product meanwhile. Look at it again.", code="stale"
            )
        if _found_by(before) != _found_by(product):
            await write_terms(self._connection, [product], new=False)

    async def page(self, wanted: ProductFilter, window: Window) -> Page[ProductSummary]:
        shape = Shape(
            limit=window.limit,
            lateral=self._connection.dialect.name == "postgresql",
            shop=False,
            archived=wanted.archived,
            sold_out=wanted.sold_out,
        )
        asked = List(shape, {}, wanted.wanted, wanted.categories, wanted.count)
        return await read_page(self._connection, asked, window, _page, _summary)

    async def excluded(self, product_id: ProductId) -> frozenset[CompanyId]:
        query = select(product_exclusions.c.company_id).where(
            product_exclusions.c.product_id == product_id
        )
        return frozenset(CompanyId(id_) for id_ in await self._connection.scalars(query))

    async def exclude(
        self, product_id: ProductId, companies: Collection[CompanyId]
    ) -> None:
        old = product_exclusions.c.product_id == product_id
        await self._connection.execute(delete(product_exclusions).where(old))
        if companies:
            rows = [{"product_id": product_id, "company_id": id_} for id_ in set(companies)]
            try:
                await self._connection.execute(insert(product_exclusions), rows)
            except IntegrityError as error:
                if is_foreign_key_violation(error):
                    message = "There is no such company."
                    raise Invalid(message, field="companies") from error
                raise

    async def _one(self, product_id: ProductId) -> Product | None:
        query = select(products).where(products.c.id == product_id)
        row = (await self._connection.execute(query)).first()
        return None if row is None else product_of(row)


class SqlPriceLists:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def list(self) -> Sequence[PriceList]:
        query = select(*_PRICE_LIST.columns)
        rows = await self._connection.execute(query.order_by(price_lists.c.name_key))
        return [_PRICE_LIST.read(row) for row in rows]

    async def get(self, price_list_id: PriceListId) -> PriceList:
        query = select(*_PRICE_LIST.columns).where(price_lists.c.id == price_list_id)
        found = _PRICE_LIST.find((await self._connection.execute(query)).first())
        if found is None:
            raise NotFound("There is no such price list.")
        return found

    async def add(self, price_list: PriceList) -> None:
        row = {**values_of(price_list), "name_key": folded(price_list.name)}
        try:
            await self._connection.execute(insert(price_lists), row)
        except IntegrityError as error:
            message = f"There is a price list {price_list.name} already."
            raise _taken(error, message) from error

    async def prices(self, product_id: ProductId) -> Mapping[PriceListId, Money]:
        query = (
            select(
                price_list_items.c.price_list_id,
                price_list_items.c.price_minor,
                price_lists.c.currency,
            )
            .join_from(price_list_items, price_lists)
            .where(price_list_items.c.product_id == product_id)
        )
        rows = await self._connection.execute(query)
        return {PriceListId(id_): Money(minor, currency) for id_, minor, currency in rows}

    async def page_of_items(
        self, price_list_id: PriceListId, search: str, window: Window
    ) -> Page[ListedPrice]:
        query = _LISTED.where(price_list_items.c.price_list_id == price_list_id)
        if search:
            query = query.where(contains((products.c.name_key, products.c.sku_key), search))
        return await page_of(self._connection, query, _BY_NAME, window, _listed)

    async def set_price(
        self, price_list_id: PriceListId, product_id: ProductId, price: Money | None
    ) -> None:
        if price is None:
            items = price_list_items.c
            this = (items.price_list_id == price_list_id) & (items.product_id == product_id)
            await self._connection.execute(delete(price_list_items).where(this))
            return
        values = {
            "price_list_id": price_list_id,
            "product_id": product_id,
            "price_minor": price.minor,
        }
        await self._connection.execute(
            upsert(price_list_items)
            .values(values)
            .on_conflict_do_update(
                index_elements=["price_list_id", "product_id"],
                set_={"price_minor": price.minor},
            )
        )


def category_row(category: Category) -> dict[str, Any]:
    """Return the category as it lies in its table."""
    return {**values_of(category), "path_key": folded(category.path)}


def product_row(product: Product) -> dict[str, Any]:
    """Return the product as it lies in its table."""
    row = {field: getattr(product, field) for field in _PLAIN}
    for field in _AMOUNTS:
        amount: Money | None = getattr(product, field)
        row[f"{field}_minor"] = amount.minor if amount else None
        row[f"{field}_currency"] = amount.currency if amount else None
    return {
        **row,
        "sku_key": folded(product.sku),
        "sku_plain": sku_key(product.sku),
        "vendor_key": folded(product.vendor_sku),
        "name_key": folded(product.name),
        "locked_fields": sorted(product.locked_fields),
    }


def product_of(row: Row[Any]) -> Product:
    """Return the product of a row that has all columns of its table."""
    values = {field: getattr(row, field) for field in _PLAIN}
    return msgspec.convert(
        {
            **values,
            "price": money_of(row.price_minor, row.price_currency),
            "cost": money_of(row.cost_minor, row.cost_currency),
            "locked_fields": row.locked_fields,
        },
        Product,
    )


def money_of(minor: int | None, currency: str | None) -> Money | None:
    """Return the amount of two columns, if there is one."""
    return None if minor is None or currency is None else Money(minor, currency)


@lru_cache(maxsize=1_000)
def _page(shape: Shape) -> Select[Any]:
    page = found(shape)
    rows = select(*_SUMMARY_COLUMNS, *page.c).select_from(page)
    rows = rows.join(products, products.c.id == page.c.id).outerjoin(
        categories, categories.c.id == products.c.category_id
    )
    return ordered(shape, rows, page)


def _summary(row: Row[Any]) -> ProductSummary:
    available = max(0, row.on_hand - row.reserved)
    return ProductSummary(
        id=row.id,
        sku=row.sku,
        name=row.name,
        category=row.category,
        manufacturer=row.manufacturer,
        price=money_of(row.price_minor, row.price_currency),
        cost=money_of(row.cost_minor, row.cost_currency),
        available=available,
        reserved=row.reserved,
        low_stock=available <= row.low_stock,
        archived=row.archived,
        updated_at=row.updated_at,
    )


def _listed(row: Row[Any]) -> ListedPrice:
    return ListedPrice(
        product_id=row.id,
        sku=row.sku,
        name=row.name,
        usual=money_of(row.usual_minor, row.usual_currency),
        price=Money(row.listed_minor, row.currency),
    )


def _found_by(product: Product) -> tuple[str, ...]:
    return product.sku, product.vendor_sku, product.name, product.manufacturer


def _moved(category: Category, before: Category, after: Category) -> Category:
    path = after.path + category.path[len(before.path) :]
    return msgspec.structs.replace(category, path=path)


def _sku_taken(error: IntegrityError, product: Product) -> Exception:
    return _taken(error, f"There is a product with the SKU {product.sku} already.")


def _taken(error: IntegrityError, message: str) -> Exception:
    return Conflict(message, code="taken") if is_unique_violation(error) else error
