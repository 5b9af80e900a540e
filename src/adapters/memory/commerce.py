"""The catalogue in dictionaries: categories, products and price lists."""

from collections.abc import Collection, Mapping, Sequence

from msgspec.structs import replace

from adapters.memory.paging import by_name, page_of
from adapters.memory.tables import Tables
from portal_core.commerce.model import (
    Category,
    ListedPrice,
    PriceList,
    Product,
    ProductSummary,
)
from portal_core.commerce.ports import ProductFilter
from portal_core.commerce.search import Wanted, terms_of
from portal_core.errors import Conflict, Invalid, NotFound
from portal_core.ids import CategoryId, CompanyId, PriceListId, ProductId
from portal_core.money import Money
from portal_core.paging import Page, Window


class MemoryCategories:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def list(self) -> Sequence[Category]:
        categories = self._tables.categories.values()
        return sorted(categories, key=lambda each: by_name(each.path, each.id))

    async def get(self, category_id: CategoryId) -> Category:
        if category_id not in self._tables.categories:
            raise NotFound("There is no such category.")
        return self._tables.categories[category_id]

    async def add(self, category: Category) -> None:
        self._refuse_taken(category)
        self._tables.categories[category.id] = category

    async def rename(self, category: Category) -> None:
        self._refuse_taken(category)
        above = self._tables.categories[category.id].path + "/"
        for other in list(self._tables.categories.values()):
            if other.path.startswith(above):
                path = f"{category.path}/{other.path.removeprefix(above)}"
                self._tables.categories[other.id] = replace(other, path=path)
        self._tables.categories[category.id] = category

    async def remove(self, category_id: CategoryId) -> None:
        above = {category.parent_id for category in self._tables.categories.values()}
        used = {product.category_id for product in self._tables.products.values()}
        if category_id in above | used:
            raise Conflict(
                "This category is not empty. Move what is in it first.", code="not_empty"
            )
        self._tables.categories.pop(category_id, None)

    def _refuse_taken(self, category: Category) -> None:
        path = category.path.casefold()
        for other in self._tables.categories.values():
            if other.path.casefold() == path and other.id != category.id:
                raise Conflict(
                    f"There is a category {category.path} already.", code="taken"
                )


class MemoryProducts:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, product: Product) -> None:
        self._refuse_taken(product)
        self._tables.products[product.id] = product

    async def get(self, sku: str) -> Product:
        product = by_sku(self._tables).get(sku.casefold())
        if product is None:
            raise NotFound("There is no such product.")
        return product

    async def save(self, product: Product) -> None:
        before = self._tables.products.get(product.id)
        if before is None or product.version != before.version + 1:
            raise Conflict(
                "Somebody changed this product meanwhile. Look at it again.", code="stale"
            )
        self._refuse_taken(product)
        self._tables.products[product.id] = replace(
            product, on_hand=before.on_hand, reserved=before.reserved
        )

    async def page(self, wanted: ProductFilter, window: Window) -> Page[ProductSummary]:
        found = [
            self._summary(product)
            for product in self._tables.products.values()
            if wanted.archived in {None, product.archived}
            and not (wanted.sold_out and product.available > 0)
            and found_by(product, wanted.wanted)
            and on_shelf(product, wanted.categories)
        ]
        return page_of(
            found,
            lambda product: by_name(product.name, product.id),
            window,
            count=wanted.count,
        )

    async def excluded(self, product_id: ProductId) -> frozenset[CompanyId]:
        return self._tables.exclusions.get(product_id, frozenset())

    async def exclude(
        self, product_id: ProductId, companies: Collection[CompanyId]
    ) -> None:
        if not set(companies) <= set(self._tables.companies):
            raise Invalid("There is no such company.", field="companies")
        self._tables.exclusions[product_id] = frozenset(companies)

    def _summary(self, product: Product) -> ProductSummary:
        return ProductSummary(
            id=product.id,
            sku=product.sku,
            name=product.name,
            category=category_path(self._tables, product),
            manufacturer=product.manufacturer,
            price=product.price,
            cost=product.cost,
            available=product.available,
            reserved=product.reserved,
            low_stock=product.available <= product.low_stock,
            archived=product.archived,
            updated_at=product.updated_at,
        )

    def _refuse_taken(self, product: Product) -> None:
        other = by_sku(self._tables).get(product.sku.casefold())
        if other is not None and other.id != product.id:
            raise Conflict(f"There is a product {other.sku} already.", code="taken")


class MemoryPriceLists:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def list(self) -> Sequence[PriceList]:
        price_lists = self._tables.price_lists.values()
        return sorted(price_lists, key=lambda each: by_name(each.name, each.id))

    async def get(self, price_list_id: PriceListId) -> PriceList:
        if price_list_id not in self._tables.price_lists:
            raise NotFound("There is no such price list.")
        return self._tables.price_lists[price_list_id]

    async def add(self, price_list: PriceList) -> None:
        name = price_list.name.casefold()
        others = self._tables.price_lists.values()
        if any(other.name.casefold() == name for other in others):
            raise Conflict(
                f"There is a price list {price_list.name} already.", code="taken"
            )
        self._tables.price_lists[price_list.id] = price_list

    async def prices(self, product_id: ProductId) -> Mapping[PriceListId, Money]:
        return {
            price_list_id: price
            for (product, price_list_id), price in self._tables.prices.items()
            if product == product_id
        }

    async def page_of_items(
        self, price_list_id: PriceListId, search: str, window: Window
    ) -> Page[ListedPrice]:
        text = search.casefold()
        found = [
            _listed(self._tables.products[product_id], price)
            for (product_id, list_id), price in self._tables.prices.items()
            if list_id == price_list_id
        ]
        fitting = [one for one in found if text in f"{one.name}\n{one.sku}".casefold()]
        return page_of(fitting, lambda one: by_name(one.name, one.product_id), window)

    async def set_price(
        self, price_list_id: PriceListId, product_id: ProductId, price: Money | None
    ) -> None:
        self._tables.prices.pop((product_id, price_list_id), None)
        if price is not None:
            self._tables.prices[product_id, price_list_id] = price


def _listed(product: Product, price: Money) -> ListedPrice:
    return ListedPrice(
        product_id=product.id,
        sku=product.sku,
        name=product.name,
        usual=product.price,
        price=price,
    )


def by_sku(tables: Tables) -> Mapping[str, Product]:
    """Return the products by their SKU, in the case in which SKUs are compared."""
    return {product.sku.casefold(): product for product in tables.products.values()}


def found_by(product: Product, wanted: Collection[Wanted]) -> bool:
    """Return whether every typed word fits the product."""
    terms = terms_of(product.sku, product.name, product.manufacturer, product.vendor_sku)
    return all(word.fits(terms) for word in wanted)


def on_shelf(product: Product, categories: frozenset[CategoryId] | None) -> bool:
    """Return whether the product is in one of the categories; None asks for nothing."""
    return categories is None or product.category_id in categories


def category_path(tables: Tables, product: Product) -> str:
    """Return the path of the product's category, or nothing if it has none."""
    return tables.categories[product.category_id].path if product.category_id else ""
