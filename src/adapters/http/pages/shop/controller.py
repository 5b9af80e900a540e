"""The rooms in which a client looks for products."""

from typing import Annotated

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template
from msgspec import Meta, Struct

from adapters.http.addresses import Address
from adapters.http.pages.shop.views import ProductView, ShopView, card_of, found, tree_of
from adapters.http.screen import Screen
from adapters.http.shell import Crumb, SearchBox
from portal_core.commerce.model import ShopProduct
from portal_core.commerce.ports import ShopSort
from portal_core.commerce.shop import Search, ShopService
from portal_core.identity.actor import Actor

PAGE_LENGTH = 24
_SORTS = (
    (ShopSort.NAME, "Name"),
    (ShopSort.PRICE, "Lowest price"),
    (ShopSort.PRICE_DOWN, "Highest price"),
)


class ShopQuery(Struct, frozen=True, kw_only=True):
    """The state of the list, in its address."""

    search: Annotated[str, Meta(max_length=200)] = ""
    category: Annotated[str, Meta(max_length=1_000)] = ""
    in_stock: bool = False
    sort: ShopSort | None = None
    cursor: str = ""


class ShopPages(Controller):
    """The shop of one company."""

    path = "/c/{company:str}/shop"

    @get()
    async def browse(
        self,
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        shop: NamedDependency[ShopService],
    ) -> Template:
        """List products."""
        query = screen.query(ShopQuery)
        search = Search(
            text=query.search,
            category=query.category,
            in_stock=query.in_stock,
            sort=query.sort,
            count=True,
        )
        order = f"{query.search}&{query.category}&{query.in_stock}&{query.sort}"
        window = screen.window(query.cursor, order, limit=PAGE_LENGTH)
        shelf = await shop.browse(actor, search, window)
        here, address = screen.room("shop"), screen.address
        view = ShopView(
            address=address,
            cart=screen.room("cart"),
            category=shelf.category.name if shelf.category else query.category,
            search=query.search,
            tree=tree_of(shelf.categories, address, shelf.category),
            products=tuple(card_of(product, here) for product in shelf.products.items),
            sorts=tuple((sort.value, label) for sort, label in _SORTS),
            found=found(shelf.products.total, query.search),
            prev=screen.cursor(shelf.products.prev, order),
            next=screen.cursor(shelf.products.next, order),
        )
        crumbs = [Crumb("Shop", here if shelf.category else "")]
        if shelf.category:
            crumbs.append(Crumb(shelf.category.name))
        return await screen.show("pages/shop/list.html", view, crumbs=crumbs)

    @get("/{sku:str}")
    async def product(
        self,
        sku: FromPath[str],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        shop: NamedDependency[ShopService],
    ) -> Template:
        """Show one product."""
        return await show_product(screen, await shop.product(actor, sku))


async def show_product(
    screen: Screen,
    product: ShopProduct,
    *,
    quantity: str = "1",
    error: str = "",
    status: int = 200,
) -> Template:
    """Return the page of a product, with what was typed and what is wrong with it."""
    here = screen.room("shop")
    shelf = Address(here).but(category=product.category) if product.category else ""
    view = ProductView(
        product=card_of(product, here),
        description=product.description,
        category=product.category.replace("/", " / "),
        category_href=shelf,
        warranty=product.warranty,
        updated_at=product.updated_at,
        cart=screen.room("cart"),
        quantity=quantity,
        error=error,
    )
    crumbs = [Crumb("Shop", here)]
    if product.category:
        crumbs.append(Crumb(product.category.rpartition("/")[2], shelf))
    crumbs.append(Crumb(product.name))
    search = SearchBox(here, "Search products")
    return await screen.show(
        "pages/shop/product.html", view, crumbs=crumbs, search=search, status=status
    )
