"""The catalogue as one company sees it, from dictionaries."""

from collections.abc import Collection, Mapping

from msgspec import Struct

from adapters.memory.commerce import by_sku, category_path, found_by, on_shelf
from adapters.memory.paging import Key, by_name, page_of
from adapters.memory.tables import Tables
from portal_core.commerce.model import Offer, Product, ShopProduct
from portal_core.commerce.ports import ShopFilter, ShopSort
from portal_core.commerce.search import sku_key
from portal_core.errors import NotFound
from portal_core.ids import CompanyId
from portal_core.money import Money
from portal_core.paging import Page, Window


class _Priced(Struct, frozen=True):
    """A product with what it costs the company."""

    product: Product
    price: Money


class MemoryShop:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def page(
        self, company_id: CompanyId, wanted: ShopFilter, window: Window
    ) -> Page[ShopProduct]:
        found = [
            priced
            for product in self._tables.products.values()
            if found_by(product, wanted.wanted)
            and on_shelf(product, wanted.categories)
            and (product.available > 0 or not wanted.in_stock)
            and (priced := self._priced(company_id, product))
        ]
        page = page_of(found, lambda each: _key(each, wanted), window, count=wanted.count)
        items = tuple(self._shown(priced) for priced in page.items)
        return Page(items, page.next, page.prev, page.total)

    async def product(self, company_id: CompanyId, sku: str) -> ShopProduct:
        product = by_sku(self._tables).get(sku.casefold())
        priced = self._priced(company_id, product) if product else None
        if priced is None:
            raise NotFound("There is no such product.")
        return self._shown(priced)

    async def offers(
        self,
        company_id: CompanyId,
        skus: Collection[str],
        *,
        lock: bool = False,  # noqa: ARG002 - a work has the whole of memory to itself
    ) -> Mapping[str, Offer]:
        products = by_sku(self._tables)
        return {
            sku: _offer(priced)
            for sku in skus
            if (product := products.get(sku.casefold()))
            and (priced := self._priced(company_id, product))
        }

    def _priced(self, company_id: CompanyId, product: Product) -> _Priced | None:
        company = self._tables.companies.get(company_id)
        hidden_from = self._tables.exclusions.get(product.id, ())
        if company is None or product.archived or company_id in hidden_from:
            return None
        price = product.price
        if company.price_list_id is not None:
            price = self._tables.prices.get((product.id, company.price_list_id), price)
        return None if price is None else _Priced(product, price)

    def _shown(self, priced: _Priced) -> ShopProduct:
        product = priced.product
        return ShopProduct(
            id=product.id,
            sku=product.sku,
            name=product.name,
            description=product.description,
            category_id=product.category_id,
            category=category_path(self._tables, product),
            manufacturer=product.manufacturer,
            price=priced.price,
            stock=product.available,
            low_stock=product.available <= product.low_stock,
            warranty=product.warranty,
            image_url=product.image_url,
            updated_at=product.updated_at,
        )


def _key(priced: _Priced, wanted: ShopFilter) -> Key:
    product = priced.product
    named = by_name(product.name, product.id)
    if wanted.sort is ShopSort.PRICE:
        return (priced.price.minor, *named)
    if wanted.sort is ShopSort.PRICE_DOWN:
        return (-priced.price.minor, *named)
    if wanted.sort is ShopSort.RELEVANCE:
        this_very_one = bool(wanted.sku_key) and sku_key(product.sku) == wanted.sku_key
        return (0 if this_very_one else 1, *named)
    return named


def _offer(priced: _Priced) -> Offer:
    product = priced.product
    return Offer(
        product_id=product.id,
        sku=product.sku,
        name=product.name,
        price=priced.price,
        cost=product.cost,
        on_hand=product.on_hand,
        reserved=product.reserved,
        low_stock=product.low_stock,
        image_url=product.image_url,
    )
