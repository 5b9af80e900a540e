"""Homes as their templates read them."""

from collections.abc import Sequence
from datetime import date, datetime

from msgspec import Struct

from adapters.http.pages.imports.views import DESK as IMPORTS
from adapters.http.pages.imports.views import LOOKS as IMPORT_LOOKS
from adapters.http.pages.imports.views import Look as ImportLook
from adapters.http.pages.orders.views import LOOKS, Look
from portal_core.commerce.cart import CartLine
from portal_core.commerce.feed_import import Counts, FeedImport
from portal_core.commerce.order import OrderSummary
from portal_core.money import Money
from portal_core.overview.ports import Figures
from portal_core.paging import Total

_CART_LINES = 4


class OrderRow(Struct, frozen=True, kw_only=True):
    """An order on a home page."""

    number: str
    href: str
    company: str
    look: Look
    placed_at: datetime
    placed_by: str
    po_number: str
    units: int
    gross: Money
    carrier: str
    eta: date | None


class CartRow(Struct, frozen=True):
    """A line of the cart on a home page."""

    name: str
    href: str
    quantity: int


class CompanyHome(Struct, frozen=True, kw_only=True):
    """What a company's home reads. `more` says that there are more orders under way."""

    title: str
    shop: str
    cart: str
    orders: str
    may_shop: bool
    may_see_orders: bool
    under_way: tuple[OrderRow, ...]
    more: bool
    recent: tuple[OrderRow, ...]
    cart_rows: tuple[CartRow, ...]
    cart_more: int
    cart_units: int


class Figure(Struct, frozen=True):
    """A number on the MSP's home, and where it leads."""

    label: str
    value: str
    href: str
    sign: str
    tone: str = ""


class ImportRow(Struct, frozen=True, kw_only=True):
    """The last import on the MSP's home."""

    source: str
    look: ImportLook
    at: datetime
    counts: Counts
    faults: int
    message: str


class DeskHome(Struct, frozen=True, kw_only=True):
    """What the MSP's home reads. It is `new` while there are no companies."""

    new: bool
    may_ship: bool
    may_import: bool
    figures: tuple[Figure, ...]
    to_ship: tuple[OrderRow, ...]
    more: bool
    last_import: ImportRow | None
    imports: str = IMPORTS


def order_row(order: OrderSummary, room: str) -> OrderRow:
    """Return the order as a row that links to its page."""
    return OrderRow(
        number=order.number,
        href=f"{room}/{order.number}",
        company=order.company_name,
        look=LOOKS[order.status],
        placed_at=order.placed_at,
        placed_by=order.placed_by_name,
        po_number=order.po_number,
        units=order.units,
        gross=order.gross,
        carrier=order.shipping.carrier,
        eta=order.shipping.eta,
    )


def cart_rows(lines: Sequence[CartLine], shop: str) -> tuple[CartRow, ...]:
    """Return what was put into the cart last, newest first."""
    newest = list(reversed(lines))[:_CART_LINES]
    return tuple(CartRow(one.name, f"{shop}/{one.sku}", one.quantity) for one in newest)


def import_row(feed: FeedImport) -> ImportRow:
    """Return the import as the MSP's home tells of it."""
    return ImportRow(
        source=feed.source,
        look=IMPORT_LOOKS[feed.state],
        at=feed.finished_at or feed.updated_at,
        counts=feed.counts,
        faults=feed.skipped + feed.warnings,
        message=feed.message,
    )


def figures_of(figures: Figures) -> tuple[Figure, ...]:
    """Return the figures, each with where it leads. What is wrong is coloured."""
    failed = figures.failed_deliveries
    return (
        Figure(
            "Orders to ship",
            _told(figures.to_ship),
            "/admin/orders?status=to_ship",
            "truck-delivery",
        ),
        Figure(
            "Orders on hold",
            _told(figures.on_hold),
            "/admin/orders?status=on_hold",
            "player-pause",
            "warning" if figures.on_hold.count else "",
        ),
        Figure(
            "Failed deliveries",
            _told(failed),
            "/admin/deliveries?state=failed",
            "send",
            "danger" if failed.count else "",
        ),
        Figure(
            "Out of stock",
            _told(figures.sold_out),
            "/admin/products?show=sold-out",
            "package-off",
        ),
        Figure("Companies", _told(figures.companies), "/admin/companies", "building"),
    )


def _told(total: Total) -> str:
    return f"{total.count:,}{'' if total.exact else '+'}"
