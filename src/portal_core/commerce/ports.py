"""What commerce needs from the outside world."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from msgspec import Struct

from portal_core.audit.ports import TrailQueries
from portal_core.commerce.cart import CartLine
from portal_core.commerce.model import (
    Category,
    ListedPrice,
    Offer,
    PriceList,
    Product,
    ProductSummary,
    ShopProduct,
    StockLevel,
    StockMove,
)
from portal_core.commerce.order import Order, OrderSummary, Status
from portal_core.commerce.search import Wanted
from portal_core.companies.ports import CompaniesWork
from portal_core.ids import CategoryId, CompanyId, PriceListId, ProductId
from portal_core.money import Money
from portal_core.paging import Page, Window


class ShopSort(StrEnum):
    """How products are ordered. Relevance is: this very SKU first, then by name."""

    NAME = "name"
    PRICE = "price"
    PRICE_DOWN = "-price"
    RELEVANCE = "relevance"


class ShopFilter(Struct, frozen=True, kw_only=True):
    """What a shopper looks for. Empty parts ask for nothing."""

    wanted: tuple[Wanted, ...] = ()
    sku_key: str = ""
    categories: frozenset[CategoryId] | None = None
    in_stock: bool = False
    sort: ShopSort = ShopSort.NAME
    count: bool = False


class ProductFilter(Struct, frozen=True, kw_only=True):
    """What an administrator looks for in the catalogue; ordered by name.

    `sold_out` asks for those of which no unit is left to order.
    """

    wanted: tuple[Wanted, ...] = ()
    categories: frozenset[CategoryId] | None = None
    archived: bool | None = False
    sold_out: bool = False
    count: bool = False


class OrderFilter(Struct, frozen=True, kw_only=True):
    """Which orders are wanted, newest first unless told otherwise.

    `search` is the beginning of an order number or of a purchase-order number, and `among`
    are the statuses that they may have, if there are any.
    """

    search: str = ""
    status: Status | None = None
    among: frozenset[Status] = frozenset()
    company_id: CompanyId | None = None
    oldest_first: bool = False
    count: bool = False


class StockChange(Struct, frozen=True, kw_only=True):
    """What a move did to the units of a product that can be ordered."""

    product_id: ProductId
    sku: str
    name: str
    before: int
    after: int


class CategoryRepository(Protocol):
    """The shelves of the shop. Paths are unique, whatever their case."""

    async def list(self) -> Sequence[Category]:
        """Return every category, by path."""

    async def get(self, category_id: CategoryId) -> Category:
        """Return the category. Raises NotFound."""

    async def add(self, category: Category) -> None:
        """Store a new category. Raises Conflict if its path is taken."""

    async def rename(self, category: Category) -> None:
        """Store the category's name and path, and the new paths of all below it.

        Raises Conflict if the path is taken.
        """

    async def remove(self, category_id: CategoryId) -> None:
        """Remove an empty shelf. Raises Conflict if products or shelves are on it."""


class ProductRepository(Protocol):
    """The catalogue. SKUs are unique, whatever their case."""

    async def add(self, product: Product) -> None:
        """Store a new product. Raises Conflict if its SKU is taken."""

    async def get(self, sku: str) -> Product:
        """Return the product with this SKU. Raises NotFound."""

    async def save(self, product: Product) -> None:
        """Store all but the stock as the next version.

        Raises Conflict if it is not the next, or (code `taken`) if the SKU is taken.
        """

    async def page(self, wanted: ProductFilter, window: Window) -> Page[ProductSummary]:
        """Return the products that an administrator looks for."""

    async def excluded(self, product_id: ProductId) -> frozenset[CompanyId]:
        """Return the companies that must not see the product."""

    async def exclude(
        self, product_id: ProductId, companies: Collection[CompanyId]
    ) -> None:
        """Hide the product from these companies, and from no others.

        Raises Invalid if one of them does not exist.
        """


class ShopQueries(Protocol):
    """The catalogue as one company sees it.

    A company sees what is not archived, not hidden from it, and has a price for it: that of
    its price list, or else the product's own.
    """

    async def page(
        self, company_id: CompanyId, wanted: ShopFilter, window: Window
    ) -> Page[ShopProduct]:
        """Return the products that a shopper looks for."""

    async def product(self, company_id: CompanyId, sku: str) -> ShopProduct:
        """Return one product. Raises NotFound, also if the company must not see it."""

    async def offers(
        self, company_id: CompanyId, skus: Collection[str], *, lock: bool = False
    ) -> Mapping[str, Offer]:
        """Return what the company can buy of these SKUs, by the SKU as it was asked for.

        With `lock`, their stock cannot change until this work is kept or undone. Products
        are locked in one order, so that two orders never wait for each other.
        """


class StockRepository(Protocol):
    """Units in warehouses, and the ledger of every move."""

    async def levels(self, product_id: ProductId) -> Sequence[StockLevel]:
        """Return the product's units by warehouse, by its name."""

    async def apply(
        self, moves: Sequence[StockMove], *, at: datetime, reference: UUID | None
    ) -> Sequence[StockChange]:
        """Make the moves and write them in the ledger; return what became of each product.

        `reference` is the order or import that caused them. What the feed said last of a
        product is forgotten when its units on hand change, so that the next feed sets them
        right. Raises Conflict if a warehouse or a reservation would go below zero.
        """


class PriceListRepository(Protocol):
    """Prices for groups of companies. Names are unique."""

    async def list(self) -> Sequence[PriceList]:
        """Return every price list, by name."""

    async def get(self, price_list_id: PriceListId) -> PriceList:
        """Return the price list. Raises NotFound."""

    async def add(self, price_list: PriceList) -> None:
        """Store a new price list. Raises Conflict if its name is taken."""

    async def prices(self, product_id: ProductId) -> Mapping[PriceListId, Money]:
        """Return what the product costs on the lists that name it."""

    async def page_of_items(
        self, price_list_id: PriceListId, search: str, window: Window
    ) -> Page[ListedPrice]:
        """Return the products of the list whose name or SKU contains the text, by name."""

    async def set_price(
        self, price_list_id: PriceListId, product_id: ProductId, price: Money | None
    ) -> None:
        """Store the product's price on the list; None takes it off."""


class CartRepository(Protocol):
    """What users and keys have put aside, apart for each company."""

    async def lines(self, company_id: CompanyId, owner_id: UUID) -> Sequence[CartLine]:
        """Return the lines of the cart, in the order in which their products were added.

        SKU and name are those that the product has now.
        """

    async def keep(self, company_id: CompanyId, owner_id: UUID, line: CartLine) -> None:
        """Store a line. Of another of its product, only the moment of adding is kept."""

    async def remove(
        self, company_id: CompanyId, owner_id: UUID, product_id: ProductId
    ) -> None:
        """Remove a product from the cart, if it is there."""

    async def clear(self, company_id: CompanyId, owner_id: UUID) -> None:
        """Empty the cart."""


class OrderRepository(Protocol):
    """Orders. Every lookup names the company, but for those that say `across`."""

    async def next_number(self) -> int:
        """Return the next number of the sequence; it is never given out again."""

    async def add(self, order: Order) -> None:
        """Store a new order with its lines. Raises Conflict if its number is taken."""

    async def get(self, company_id: CompanyId, number: str) -> Order:
        """Return the order. Raises NotFound, also if another company placed it."""

    async def get_across(self, number: str) -> Order:
        """Return the order of whichever company, for the MSP. Raises NotFound."""

    async def save(self, order: Order) -> None:
        """Store all but the lines as the next version. Raises Conflict if it is not."""

    async def page(
        self, company_id: CompanyId, wanted: OrderFilter, window: Window
    ) -> Page[OrderSummary]:
        """Return the company's orders, in the order that the filter asks for."""

    async def page_across(self, wanted: OrderFilter, window: Window) -> Page[OrderSummary]:
        """Return the orders of all companies, likewise, for the MSP."""


class CommerceWork(CompaniesWork, Protocol):
    """What commerce may touch in one transaction."""

    @property
    def categories(self) -> CategoryRepository: ...
    @property
    def products(self) -> ProductRepository: ...
    @property
    def shop(self) -> ShopQueries: ...
    @property
    def stock(self) -> StockRepository: ...
    @property
    def price_lists(self) -> PriceListRepository: ...
    @property
    def carts(self) -> CartRepository: ...
    @property
    def orders(self) -> OrderRepository: ...
    @property
    def trail(self) -> TrailQueries: ...


class CommerceDatabase(Protocol):
    """Opens works on commerce."""

    def begin(self) -> AbstractAsyncContextManager[CommerceWork]:
        """Open a work that changes things."""

    def read(self) -> AbstractAsyncContextManager[CommerceWork]:
        """Open a work that only reads."""
