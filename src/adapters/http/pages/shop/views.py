"""The shop as its templates read it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from urllib.parse import quote

from msgspec import Struct

from adapters.http.addresses import Address
from portal_core.commerce.model import Category, ShopProduct
from portal_core.ids import CategoryId
from portal_core.money import Money
from portal_core.paging import Total


class CategoryNode(Struct, frozen=True, kw_only=True):
    """A shelf in the tree, and whether one stands before it."""

    name: str
    href: str
    current: bool
    count: int | None = None
    children: tuple["CategoryNode", ...] = ()


class ProductCard(Struct, frozen=True, kw_only=True):
    """A product among others."""

    sku: str
    name: str
    href: str
    price: Money
    stock: int
    low_stock: bool
    image_url: str
    manufacturer: str


class ShopView(Struct, frozen=True, kw_only=True):
    """What the list of products reads."""

    address: Address
    cart: str
    category: str
    search: str
    tree: tuple[CategoryNode, ...]
    products: tuple[ProductCard, ...]
    sorts: tuple[tuple[str, str], ...]
    found: str
    prev: str | None
    next: str | None


class ProductView(Struct, frozen=True, kw_only=True):
    """What the page of a product reads."""

    product: ProductCard
    description: str
    category: str
    category_href: str
    warranty: str
    updated_at: datetime
    cart: str
    quantity: str
    error: str


def card_of(product: ShopProduct, shop: str) -> ProductCard:
    """Return the product as a card that links to its page."""
    return ProductCard(
        sku=product.sku,
        name=product.name,
        href=f"{shop}/{quote(product.sku, safe='')}",
        price=product.price,
        stock=product.stock,
        low_stock=product.low_stock,
        image_url=product.image_url,
        manufacturer=product.manufacturer,
    )


def tree_of(
    categories: Sequence[Category], address: Address, current: Category | None
) -> tuple[CategoryNode, ...]:
    """Return the shelves as a tree of links; only the branch one stands in is open."""
    below: dict[CategoryId | None, list[Category]] = {}
    for category in categories:
        below.setdefault(category.parent_id, []).append(category)
    every = CategoryNode(
        name="All products", href=address.but(category=None), current=current is None
    )
    return (every, *_branch(below.get(None, ()), below, address, current))


def found(total: Total | None, search: str) -> str:
    """Return how many products there are, in words."""
    if total is None:
        return ""
    count = f"{total.count:,}{'' if total.exact else '+'}"
    noun = "product" if total.exact and total.count == 1 else "products"
    return f"{count} {noun} for “{search}”" if search else f"{count} {noun}"


def _branch(
    categories: Iterable[Category],
    below: Mapping[CategoryId | None, list[Category]],
    address: Address,
    current: Category | None,
) -> tuple[CategoryNode, ...]:
    return tuple(
        CategoryNode(
            name=category.name,
            href=address.but(category=category.path),
            current=category == current,
            children=_branch(below.get(category.id, ()), below, address, current)
            if current and f"{current.path}/".startswith(f"{category.path}/")
            else (),
        )
        for category in categories
    )
