"""Catalogue, prices, stock, carts and orders.

Amounts are whole minor units. `…_key` columns hold folded text, to find and to order by.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from adapters.sql.columns import DOCUMENT, ID, MOMENT, TEXT, at_least, one_of
from adapters.sql.tables.base import Row, table_of
from portal_core.commerce.order import MOST_UNITS, Status

NUMBER = BigInteger().with_variant(Integer, "sqlite")
"""A number that counts by itself; SQLite does that for plain integers only."""

_PRODUCT = "products.id"
# Each database finds an index only by the words in which it is asked.
_FOR_SALE: dict[str, Any] = {
    "postgresql_where": text("NOT archived"),
    "sqlite_where": text("archived = 0"),
}
_SOLD_OUT: dict[str, Any] = {
    "postgresql_where": text("NOT archived AND on_hand <= reserved"),
    "sqlite_where": text("archived = 0 AND on_hand <= reserved"),
}


class CategoryRow(Row):
    """A shelf. `path_key` is the folded path."""

    __tablename__ = "categories"

    id: Mapped[UUID] = mapped_column(ID, primary_key=True)
    parent_id: Mapped[UUID | None] = mapped_column(ID, ForeignKey("categories.id"))
    name: Mapped[str] = mapped_column(TEXT)
    path: Mapped[str] = mapped_column(TEXT)
    path_key: Mapped[str] = mapped_column(TEXT)

    __table_args__ = (
        UniqueConstraint("path_key"),
        Index("ix_categories_parent_id", "parent_id"),
    )


class ProductRow(Row):
    """A product. `sku_plain` is the SKU without hyphens and the like."""

    __tablename__ = "products"

    id: Mapped[UUID] = mapped_column(ID, primary_key=True)
    sku: Mapped[str] = mapped_column(TEXT)
    sku_key: Mapped[str] = mapped_column(TEXT)
    sku_plain: Mapped[str] = mapped_column(TEXT)
    vendor_sku: Mapped[str] = mapped_column(TEXT)
    vendor_key: Mapped[str] = mapped_column(TEXT)
    name: Mapped[str] = mapped_column(TEXT)
    name_key: Mapped[str] = mapped_column(TEXT)
    description: Mapped[str] = mapped_column(TEXT)
    category_id: Mapped[UUID | None] = mapped_column(ID, ForeignKey("categories.id"))
    manufacturer: Mapped[str] = mapped_column(TEXT)
    price_minor: Mapped[int | None] = mapped_column(BigInteger)
    price_currency: Mapped[str | None] = mapped_column(TEXT)
    cost_minor: Mapped[int | None] = mapped_column(BigInteger)
    cost_currency: Mapped[str | None] = mapped_column(TEXT)
    on_hand: Mapped[int] = mapped_column(Integer)
    reserved: Mapped[int] = mapped_column(Integer)
    low_stock: Mapped[int] = mapped_column(Integer)
    weight_grams: Mapped[int | None] = mapped_column(Integer)
    length_mm: Mapped[int | None] = mapped_column(Integer)
    width_mm: Mapped[int | None] = mapped_column(Integer)
    height_mm: Mapped[int | None] = mapped_column(Integer)
    warranty: Mapped[str] = mapped_column(TEXT)
    image_url: Mapped[str] = mapped_column(TEXT)
    stock_date: Mapped[date | None] = mapped_column(Date)
    archived: Mapped[bool] = mapped_column(Boolean)
    locked_fields: Mapped[list[Any]] = mapped_column(DOCUMENT)
    feed_digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    updated_at: Mapped[datetime] = mapped_column(MOMENT)
    version: Mapped[int] = mapped_column(Integer)

    __table_args__ = (
        UniqueConstraint("sku_key"),
        at_least("price_minor"),
        at_least("cost_minor"),
        at_least("on_hand"),
        at_least("reserved"),
        at_least("low_stock"),
        at_least("version", 1),
        CheckConstraint("(price_minor IS NULL) = (price_currency IS NULL)", name="price"),
        CheckConstraint("(cost_minor IS NULL) = (cost_currency IS NULL)", name="cost"),
        Index("ix_products_vendor_key", "vendor_key", "id"),
        Index("ix_products_sku_plain", "sku_plain"),
        Index("ix_products_name_key", "name_key", "id"),
        Index(
            "ix_products_shop",
            "name_key",
            "id",
            **_FOR_SALE,
        ),
        Index(
            "ix_products_sold_out",
            "name_key",
            "id",
            **_SOLD_OUT,
        ),
        Index("ix_products_shelf", "category_id", "name_key", "id"),
        Index(
            "ix_products_price",
            "price_minor",
            "name_key",
            "id",
            **_FOR_SALE,
        ),
        Index(
            "ix_products_shelf_price",
            "category_id",
            "price_minor",
            "name_key",
            "id",
            **_FOR_SALE,
        ),
    )


class TermRow(Row):
    """A term by which a product is found (see `portal_core.commerce.search`).

    `name_key` is the product's, so that what a term finds lies in the order of a list.
    """

    __tablename__ = "product_terms"

    term: Mapped[str] = mapped_column(TEXT, primary_key=True)
    name_key: Mapped[str] = mapped_column(TEXT, primary_key=True)
    product_id: Mapped[UUID] = mapped_column(
        ID, ForeignKey(_PRODUCT, ondelete="CASCADE"), primary_key=True
    )

    __table_args__ = (
        Index("ix_product_terms_product_id", "product_id", "term"),
        {"sqlite_with_rowid": False},
    )


class ExclusionRow(Row):
    """A product that a company must not see."""

    __tablename__ = "product_exclusions"

    company_id: Mapped[UUID] = mapped_column(
        ID, ForeignKey("companies.id", ondelete="CASCADE"), primary_key=True
    )
    product_id: Mapped[UUID] = mapped_column(
        ID, ForeignKey(_PRODUCT, ondelete="CASCADE"), primary_key=True
    )

    __table_args__ = (Index("ix_product_exclusions_product_id", "product_id"),)


class PriceListRow(Row):
    """A price list."""

    __tablename__ = "price_lists"

    id: Mapped[UUID] = mapped_column(ID, primary_key=True)
    name: Mapped[str] = mapped_column(TEXT)
    name_key: Mapped[str] = mapped_column(TEXT)
    currency: Mapped[str] = mapped_column(TEXT)

    __table_args__ = (
        UniqueConstraint("name_key"),
        CheckConstraint("length(currency) = 3", name="currency_code"),
    )


class ListPriceRow(Row):
    """What a product costs on a price list, in the list's currency."""

    __tablename__ = "price_list_items"

    price_list_id: Mapped[UUID] = mapped_column(
        ID, ForeignKey("price_lists.id", ondelete="CASCADE"), primary_key=True
    )
    product_id: Mapped[UUID] = mapped_column(
        ID, ForeignKey(_PRODUCT, ondelete="CASCADE"), primary_key=True
    )
    price_minor: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        at_least("price_minor"),
        Index("ix_price_list_items_product_id", "product_id"),
        Index("ix_price_list_items_price", "price_list_id", "price_minor"),
    )


class StockLevelRow(Row):
    """Units of a product in a warehouse."""

    __tablename__ = "stock_levels"

    product_id: Mapped[UUID] = mapped_column(
        ID, ForeignKey(_PRODUCT, ondelete="CASCADE"), primary_key=True
    )
    warehouse: Mapped[str] = mapped_column(TEXT, primary_key=True)
    on_hand: Mapped[int] = mapped_column(Integer)

    __table_args__ = (at_least("on_hand"),)


class StockMoveRow(Row):
    """The ledger: every change of stock, and what caused it."""

    __tablename__ = "stock_moves"

    number: Mapped[int] = mapped_column(NUMBER, primary_key=True)
    product_id: Mapped[UUID] = mapped_column(ID, ForeignKey(_PRODUCT, ondelete="CASCADE"))
    warehouse: Mapped[str] = mapped_column(TEXT)
    on_hand: Mapped[int] = mapped_column(Integer)
    reserved: Mapped[int] = mapped_column(Integer)
    reason: Mapped[str] = mapped_column(TEXT)
    reference: Mapped[UUID | None] = mapped_column(ID)
    at: Mapped[datetime] = mapped_column(MOMENT)

    __table_args__ = (
        Index("ix_stock_moves_product_id", "product_id", "number"),
        Index("ix_stock_moves_reference", "reference"),
    )


class CartLineRow(Row):
    """A product that a user or key has put aside for a company, at the price last shown."""

    __tablename__ = "cart_lines"

    company_id: Mapped[UUID] = mapped_column(
        ID, ForeignKey("companies.id", ondelete="CASCADE"), primary_key=True
    )
    owner_id: Mapped[UUID] = mapped_column(ID, primary_key=True)
    product_id: Mapped[UUID] = mapped_column(
        ID, ForeignKey(_PRODUCT, ondelete="CASCADE"), primary_key=True
    )
    quantity: Mapped[int] = mapped_column(Integer)
    shown_minor: Mapped[int] = mapped_column(BigInteger)
    shown_currency: Mapped[str] = mapped_column(TEXT)
    added_at: Mapped[datetime] = mapped_column(MOMENT)

    __table_args__ = (
        CheckConstraint(f"quantity BETWEEN 1 AND {MOST_UNITS}", name="quantity_range"),
        Index("ix_cart_lines_product_id", "product_id"),
    )


class OrderNumberRow(Row):
    """The sequence of order numbers: each row is one that was given out."""

    __tablename__ = "order_numbers"

    number: Mapped[int] = mapped_column(NUMBER, primary_key=True)

    __table_args__ = ({"sqlite_autoincrement": True},)


class OrderRow(Row):
    """An order. `units` is the sum of its lines' quantities, for lists."""

    __tablename__ = "orders"

    id: Mapped[UUID] = mapped_column(ID, primary_key=True)
    number: Mapped[str] = mapped_column(TEXT)
    company_id: Mapped[UUID] = mapped_column(ID, ForeignKey("companies.id"))
    placed_by: Mapped[UUID | None] = mapped_column(
        ID, ForeignKey("users.id", ondelete="SET NULL")
    )
    placed_by_name: Mapped[str] = mapped_column(TEXT)
    placed_at: Mapped[datetime] = mapped_column(MOMENT)
    status: Mapped[str] = mapped_column(TEXT)
    po_number: Mapped[str] = mapped_column(TEXT)
    po_key: Mapped[str] = mapped_column(TEXT)
    currency: Mapped[str] = mapped_column(TEXT)
    net_minor: Mapped[int] = mapped_column(BigInteger)
    freight_minor: Mapped[int] = mapped_column(BigInteger)
    tax_minor: Mapped[int] = mapped_column(BigInteger)
    gross_minor: Mapped[int] = mapped_column(BigInteger)
    units: Mapped[int] = mapped_column(Integer)
    carrier: Mapped[str] = mapped_column(TEXT)
    consignment: Mapped[str] = mapped_column(TEXT)
    eta: Mapped[date | None] = mapped_column(Date)
    notes: Mapped[str] = mapped_column(TEXT)
    updated_at: Mapped[datetime] = mapped_column(MOMENT)
    version: Mapped[int] = mapped_column(Integer)

    __table_args__ = (
        UniqueConstraint("number"),
        one_of("status", Status),
        CheckConstraint("gross_minor = net_minor + freight_minor + tax_minor", name="sum"),
        at_least("units", 1),
        at_least("version", 1),
        Index("ix_orders_placed_at", "placed_at", "id"),
        Index("ix_orders_company_id", "company_id", "placed_at", "id"),
        Index("ix_orders_status", "status", "placed_at", "id"),
        Index("ix_orders_company_status", "company_id", "status", "placed_at", "id"),
        Index("ix_orders_po_key", "po_key"),
        Index("ix_orders_consignment", "consignment"),
        Index("ix_orders_placed_by", "placed_by"),
    )


class OrderLineRow(Row):
    """A line, as it was when the order was placed."""

    __tablename__ = "order_lines"

    order_id: Mapped[UUID] = mapped_column(
        ID, ForeignKey("orders.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(
        SmallInteger, primary_key=True, autoincrement=False
    )
    product_id: Mapped[UUID] = mapped_column(ID, ForeignKey(_PRODUCT))
    sku: Mapped[str] = mapped_column(TEXT)
    name: Mapped[str] = mapped_column(TEXT)
    quantity: Mapped[int] = mapped_column(Integer)
    unit_minor: Mapped[int] = mapped_column(BigInteger)
    cost_minor: Mapped[int | None] = mapped_column(BigInteger)
    cost_currency: Mapped[str | None] = mapped_column(TEXT)
    tax_rate_bp: Mapped[int] = mapped_column(Integer)
    tax_minor: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        CheckConstraint(f"quantity BETWEEN 1 AND {MOST_UNITS}", name="quantity_range"),
        at_least("unit_minor"),
        Index("ix_order_lines_product_id", "product_id"),
    )


class AnswerRow(Row):
    """What was answered to a request that carried an idempotency key.

    `body` is empty while the work that claimed the key is not over, which nobody else sees.
    """

    __tablename__ = "answers"

    scope: Mapped[str] = mapped_column(TEXT, primary_key=True)
    key: Mapped[str] = mapped_column(TEXT, primary_key=True)
    fingerprint: Mapped[str] = mapped_column(TEXT)
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    claimed_at: Mapped[datetime] = mapped_column(
        MOMENT, server_default=text("CURRENT_TIMESTAMP")
    )

    __table_args__ = (Index("ix_answers_claimed_at", "claimed_at"),)


categories = table_of(CategoryRow)
products = table_of(ProductRow)
product_terms = table_of(TermRow)
product_exclusions = table_of(ExclusionRow)
price_lists = table_of(PriceListRow)
price_list_items = table_of(ListPriceRow)
stock_levels = table_of(StockLevelRow)
stock_moves = table_of(StockMoveRow)
cart_lines = table_of(CartLineRow)
order_numbers = table_of(OrderNumberRow)
orders = table_of(OrderRow)
order_lines = table_of(OrderLineRow)
answers = table_of(AnswerRow)
