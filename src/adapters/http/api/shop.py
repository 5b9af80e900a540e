"""The shop of one company over the API."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, delete, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Meta, Struct

from adapters.http.api.asking import Asked
from adapters.http.api.operations import needs
from adapters.http.api.wire import Amount, Listed, amount_or_none, listed
from portal_core.commerce.cart import Cart, CartRow
from portal_core.commerce.carts import CartService
from portal_core.commerce.model import Category, ShopProduct
from portal_core.commerce.order import Wish
from portal_core.commerce.ports import ShopSort
from portal_core.commerce.shop import Search, ShopService
from portal_core.identity.actor import Actor


class ProductBody(Struct, frozen=True, kw_only=True):
    """A product as the company can buy it now. `stock` is in whole units."""

    sku: str
    name: str
    description: str
    category: str
    manufacturer: str
    price: Amount
    stock: int
    low_stock: bool
    image_url: str
    updated_at: datetime


class CategoryBody(Struct, frozen=True, kw_only=True):
    """A shelf; `path` is the names from the top, by `/`."""

    id: UUID
    parent_id: UUID | None
    name: str
    path: str


class CategoriesBody(Struct, frozen=True):
    """All shelves, by path."""

    data: list[CategoryBody]


class WantedLine(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many of a product."""

    sku: Annotated[str, Meta(min_length=1, max_length=64)]
    quantity: Annotated[int, Meta(ge=1, le=9_999)]


class CartChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the cart shall hold, and nothing else."""

    lines: Annotated[list[WantedLine], Meta(max_length=200)]


class CartLineBody(Struct, frozen=True, kw_only=True):
    """A line of the cart. Without a price, it can't be bought any more."""

    sku: str
    name: str
    quantity: int
    unit_price: Amount | None
    line_total: Amount | None
    stock: int
    notice: str


class CartBody(Struct, frozen=True, kw_only=True):
    """A cart at today's prices."""

    lines: list[CartLineBody]
    net: Amount
    tax: Amount
    gross: Amount
    orderable: bool


class ShopApi(Controller):
    """A company's shop."""

    path = "/companies/{company:str}"
    tags = ("Shop",)

    @get(
        "/products",
        operation_id="listCompanyProducts",
        summary="List products",
        security=needs("products:read"),
    )
    async def products(
        self,
        asked: NamedDependency[Asked],
        actor: NamedDependency[Actor],
        shop: NamedDependency[ShopService],
        search: FromQuery[str] = "",
        category: Annotated[str, QueryParameter(description="A path: Parts/Mice")] = "",
        in_stock: FromQuery[bool] = False,  # noqa: FBT002 - a parameter of the address
        sort: FromQuery[ShopSort | None] = None,
        count: FromQuery[bool] = False,  # noqa: FBT002 - as above
    ) -> Response[Listed[ProductBody]]:
        """List what the company can buy, at its own prices.

        `search` finds words and their beginnings in SKU, name and manufacturer; a SKU also
        without its hyphens and leading zeros.
        """
        wanted = Search(
            text=search, category=category, in_stock=in_stock, sort=sort, count=count
        )
        shelf = await shop.browse(actor, wanted, asked.window)
        return listed(asked, shelf.products, product_body)

    @get(
        "/products/{sku:str}",
        operation_id="getCompanyProduct",
        summary="Get a product",
        security=needs("products:read"),
    )
    async def product(
        self,
        sku: FromPath[str],
        actor: NamedDependency[Actor],
        shop: NamedDependency[ShopService],
    ) -> ProductBody:
        """Get one product by its SKU, in any case."""
        return product_body(await shop.product(actor, sku))

    @get(
        "/categories",
        operation_id="listCompanyCategories",
        summary="List categories",
        security=needs("products:read"),
    )
    async def categories(
        self, actor: NamedDependency[Actor], shop: NamedDependency[ShopService]
    ) -> CategoriesBody:
        """List every category, by path."""
        return CategoriesBody([category_body(c) for c in await shop.categories(actor)])


class CartApi(Controller):
    """The cart of a key: what it puts aside before it orders."""

    path = "/companies/{company:str}/cart"
    tags = ("Shop",)

    @get(operation_id="getCart", summary="Get the cart", security=needs("orders:write"))
    async def show(
        self, actor: NamedDependency[Actor], carts: NamedDependency[CartService]
    ) -> CartBody:
        """Get the key's own cart at today's prices."""
        return _cart(await carts.get(actor))

    @put(operation_id="putCart", summary="Set the cart", security=needs("orders:write"))
    async def put(
        self,
        data: JSONBody[CartChange],
        actor: NamedDependency[Actor],
        carts: NamedDependency[CartService],
    ) -> CartBody:
        """Make the cart hold these lines, and nothing else."""
        wishes = [Wish(line.sku, line.quantity) for line in data.lines]
        return _cart(await carts.put(actor, wishes))

    @delete(
        operation_id="deleteCart", summary="Empty the cart", security=needs("orders:write")
    )
    async def clear(
        self, actor: NamedDependency[Actor], carts: NamedDependency[CartService]
    ) -> None:
        """Empty the cart. An empty one stays so."""
        await carts.clear(actor)


def product_body(product: ShopProduct) -> ProductBody:
    """Return the product as a company sees it."""
    return ProductBody(
        sku=product.sku,
        name=product.name,
        description=product.description,
        category=product.category,
        manufacturer=product.manufacturer,
        price=Amount.of(product.price),
        stock=product.stock,
        low_stock=product.low_stock,
        image_url=product.image_url,
        updated_at=product.updated_at,
    )


def category_body(category: Category) -> CategoryBody:
    """Return the category as it is sent."""
    return CategoryBody(
        id=category.id,
        parent_id=category.parent_id,
        name=category.name,
        path=category.path,
    )


def _cart(cart: Cart) -> CartBody:
    return CartBody(
        lines=[_cart_line(row) for row in cart.rows],
        net=Amount.of(cart.net),
        tax=Amount.of(cart.tax),
        gross=Amount.of(cart.gross),
        orderable=cart.orderable,
    )


def _cart_line(row: CartRow) -> CartLineBody:
    return CartLineBody(
        sku=row.sku,
        name=row.name,
        quantity=row.quantity,
        unit_price=Amount.of(row.offer.price) if row.offer else None,
        line_total=amount_or_none(row.total),
        stock=row.offer.available if row.offer else 0,
        notice=row.notice,
    )
