"""The shop as a client walks through it."""

from collections.abc import Sequence

from msgspec import Struct

from portal_core.commerce.model import Category, ShopProduct, subtree
from portal_core.commerce.ports import CommerceDatabase, ShopFilter, ShopSort
from portal_core.commerce.search import sku_key, wanted
from portal_core.identity.actor import Actor
from portal_core.identity.permissions import Permission
from portal_core.ids import CategoryId
from portal_core.paging import Page, Window


class Search(Struct, frozen=True, kw_only=True):
    """What a shopper asked for, as they wrote it. `category` is a path, in any case."""

    text: str = ""
    category: str = ""
    in_stock: bool = False
    sort: ShopSort | None = None
    count: bool = False


class Shelf(Struct, frozen=True):
    """A page of the shop: products, all categories, and the category that was asked for."""

    products: Page[ShopProduct]
    categories: Sequence[Category]
    category: Category | None


class ShopService:
    """Looking at what can be bought."""

    def __init__(self, *, database: CommerceDatabase) -> None:
        self._database = database

    async def browse(self, actor: Actor, search: Search, window: Window) -> Shelf:
        """Return a page of products for the actor's company, with the category tree.

        A category that does not exist holds nothing.
        """
        actor.require(Permission.SHOP)
        async with self._database.read() as work:
            categories = await work.categories.list()
            category = _by_path(categories, search.category)
            asked = _filter(search, categories, category)
            products = await work.shop.page(actor.company, asked, window)
        return Shelf(products, categories, category)

    async def product(self, actor: Actor, sku: str) -> ShopProduct:
        """Return one product. Raises NotFound, also if it is hidden from the company."""
        actor.require(Permission.SHOP)
        async with self._database.read() as work:
            return await work.shop.product(actor.company, sku)

    async def categories(self, actor: Actor) -> Sequence[Category]:
        """Return every category, by path."""
        actor.require(Permission.SHOP)
        async with self._database.read() as work:
            return await work.categories.list()


def _by_path(categories: Sequence[Category], path: str) -> Category | None:
    key = path.strip("/").casefold()
    return next((c for c in categories if c.path.casefold() == key), None)


def _filter(
    search: Search, categories: Sequence[Category], category: Category | None
) -> ShopFilter:
    words = wanted(search.text)
    inside: frozenset[CategoryId] | None = None
    if search.category:
        inside = subtree(categories, category.id) if category else frozenset()
    return ShopFilter(
        wanted=words,
        sku_key=sku_key(search.text),
        categories=inside,
        in_stock=search.in_stock,
        sort=search.sort or (ShopSort.RELEVANCE if words else ShopSort.NAME),
        count=search.count,
    )
