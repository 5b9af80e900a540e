"""Made-up things for the gallery to show."""

from datetime import UTC, datetime

from msgspec import Struct

from portal_core.errors import Problem
from portal_core.money import Money

_NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)


class ProductView(Struct, frozen=True, kw_only=True):
    """What a product card reads."""

    sku: str
    name: str
    href: str = "#"
    price: Money
    stock: int
    low_stock: bool = False
    image_url: str = ""
    manufacturer: str = ""


class LineView(Struct, frozen=True):
    """What a line of an order reads."""

    sku: str
    name: str
    quantity: int
    unit_price: Money
    line_total: Money


class TotalsView(Struct, frozen=True):
    """What the sum of an order reads."""

    net: Money
    freight: Money
    tax: Money
    gross: Money


class CategoryView(Struct, frozen=True):
    """What a category in the tree reads."""

    name: str
    href: str
    count: int | None = None
    current: bool = False
    children: tuple["CategoryView", ...] = ()


class OrderView(Struct, frozen=True):
    """What a row of orders reads."""

    number: str
    placed_by: str
    placed_at: datetime
    label: str
    tone: str
    sign: str
    gross: Money


def _aud(minor: int) -> Money:
    return Money(minor, "AUD")


PRODUCTS = (
    ProductView(sku="0042-NB14", name="ThinkBook 14 G7, Ryzen 7, 32 GB", price=_aud(189900),
                stock=48, manufacturer="Lenovo"),
    ProductView(sku="1E5", name="USB-C dock, triple display, 100 W", price=_aud(32450),
                stock=3, low_stock=True, manufacturer="Dell"),
    ProductView(sku="CAT6A-3M-BL", name="Patch lead Cat 6A, 3 m, blue", price=_aud(1190),
                stock=0),
)  # fmt: skip

LINES = (
    LineView("0042-NB14", "ThinkBook 14 G7, Ryzen 7, 32 GB", 2, _aud(189900), _aud(379800)),
    LineView("1E5", "USB-C dock, triple display, 100 W", 2, _aud(32450), _aud(64900)),
)

TOTALS = TotalsView(_aud(444700), _aud(1500), _aud(44620), _aud(490820))

TREE = (
    CategoryView("Computers", "#", 214, current=False, children=(
        CategoryView("Notebooks", "#", 96, current=True),
        CategoryView("Desktops", "#", 118),
    )),
    CategoryView("Networking", "#", 340),
    CategoryView("Cables", "#", 1210),
)  # fmt: skip

ORDERS = (
    OrderView("SO-10482", "Priya Nair", _NOON, "Placed", "info", "clock", _aud(490820)),
    OrderView("SO-10481", "Tom Beck", _NOON, "Shipped", "accent", "truck", _aud(12990)),
    OrderView("SO-10470", "Priya Nair", _NOON, "Completed", "success", "circle-check",
              _aud(1299000)),
    OrderView("SO-10466", "Tom Beck", _NOON, "Cancelled", "neutral", "ban", _aud(4400)),
)  # fmt: skip

PROBLEMS = (
    Problem("wrong_name", "Give the company a name."),
    Problem("wrong_price", "“12,3x” is not an amount of money."),
)
