"""Facts about products, stock and orders."""

from uuid import UUID

from msgspec import Struct

from portal_core.commerce.order import Line, Order
from portal_core.events import Event, Stamp
from portal_core.ids import ImportId, OrderId, PriceListId, ProductId
from portal_core.money import Money


class OrderedLine(Struct, frozen=True, kw_only=True):
    """A line of an order as receivers may see it: without cost."""

    product_id: ProductId
    sku: str
    name: str
    quantity: int
    unit_price: Money

    @classmethod
    def of(cls, line: Line) -> "OrderedLine":
        """Return the public part of the line."""
        return cls(
            product_id=line.product_id,
            sku=line.sku,
            name=line.name,
            quantity=line.quantity,
            unit_price=line.unit_price,
        )


class OrderEvent(Event, frozen=True, kw_only=True):
    """Something that happened to an order."""

    order_id: OrderId
    number: str
    status: str
    version: int

    @property
    def subject_id(self) -> UUID:
        return self.order_id


class OrderPlaced(OrderEvent, frozen=True, kw_only=True, tag="order.placed"):
    """A company ordered something."""

    placed_by: UUID | None
    placed_by_name: str
    po_number: str
    lines: tuple[OrderedLine, ...]
    net: Money
    gross: Money

    @classmethod
    def of(cls, order: Order, stamp: Stamp) -> "OrderPlaced":
        """Return the fact that the order was placed."""
        return cls(
            stamp=stamp,
            order_id=order.id,
            number=order.number,
            status=order.status,
            version=order.version,
            placed_by=order.placed_by,
            placed_by_name=order.placed_by_name,
            po_number=order.po_number,
            lines=tuple(OrderedLine.of(line) for line in order.lines),
            net=order.totals.net,
            gross=order.totals.gross,
        )


class OrderCancelled(OrderEvent, frozen=True, kw_only=True, tag="order.cancelled"):
    """An order was called off; its units are for sale again."""

    placed_by: UUID | None
    reason: str = ""


class OrderShipped(OrderEvent, frozen=True, kw_only=True, tag="order.shipped"):
    """An order left the warehouse."""

    placed_by: UUID | None
    carrier: str
    consignment: str
    eta: str | None


class OrderUpdated(OrderEvent, frozen=True, kw_only=True, tag="order.updated"):
    """An order moved on in another way, or its details were changed."""

    changed: tuple[str, ...]
    previous_status: str


class ProductEvent(Event, frozen=True, kw_only=True):
    """Something that happened to a product."""

    product_id: ProductId
    sku: str
    name: str

    @property
    def subject_id(self) -> UUID:
        return self.product_id


class ProductCreated(ProductEvent, frozen=True, kw_only=True, tag="product.created"):
    """An administrator added a product."""


class ProductUpdated(ProductEvent, frozen=True, kw_only=True, tag="product.updated"):
    """An administrator changed a product."""

    changed: tuple[str, ...]


class ProductArchived(ProductEvent, frozen=True, kw_only=True, tag="product.archived"):
    """A product was taken off the shop; orders that hold it keep it."""


class ProductRestored(ProductEvent, frozen=True, kw_only=True, tag="product.restored"):
    """An archived product is back in the shop."""


class StockChanged(ProductEvent, frozen=True, kw_only=True, tag="product.stock_changed"):
    """A product went out of stock or came back; steps in between are not facts of note."""

    before: int
    after: int


class PriceListCreated(Event, frozen=True, kw_only=True, tag="price_list.created"):
    """A price list was added."""

    price_list_id: PriceListId
    name: str

    @property
    def subject_id(self) -> UUID:
        return self.price_list_id


class PriceListChanged(Event, frozen=True, kw_only=True, tag="price_list.changed"):
    """Prices of a list were set or removed."""

    price_list_id: PriceListId
    skus: tuple[str, ...]

    @property
    def subject_id(self) -> UUID:
        return self.price_list_id


class FeedImported(Event, frozen=True, kw_only=True, tag="feed.imported"):
    """A supplier's feed was applied to the catalogue."""

    import_id: ImportId
    created: int
    updated: int
    unchanged: int
    skipped: int

    @property
    def subject_id(self) -> UUID:
        return self.import_id
