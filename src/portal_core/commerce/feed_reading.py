"""Reading a row of the supplier's feed, and saying what is wrong with it.

Everything in a feed is text. Codes stay text, other values are read strictly: what can't be
read is reported and left alone, never guessed. Nothing is taken for markup.
"""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

from msgspec import Struct

from portal_core.commerce.feed import FEED_WAREHOUSES, FeedItem
from portal_core.money import Money

MOST_UNITS = 1_000_000
LONGEST_CODE = 64
LONGEST_NAME = 255
LONGEST_DESCRIPTION = 20_000
LONGEST_WORDS = 120
LONGEST_ADDRESS = 2_000
DEEPEST_CATEGORY = 8

_LONGEST_NUMBER = 40
_LARGEST_MEASURE = 2**31 - 1
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_UNITS = re.compile(r"([+-]?)(\d{1,12})(?:\.0*)?")
_DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_HOME = re.compile(r"(.+\.)?(localhost|local|internal|intranet|lan|home|corp)\.?")
_LOOKS_LIKE_AN_ADDRESS = re.compile(r"[\d.]+|0x[\da-f.x]+|\[.*\]?", re.IGNORECASE)


class FeedRow(Struct, frozen=True):
    """A row as it stands in the feed: its line, and the text of each field by name."""

    line: int
    fields: Mapping[str, str]


class Fault(Struct, frozen=True, kw_only=True):
    """Something wrong with a row. If `skipped`, the row is not imported at all.

    Otherwise the row is imported without the field, which is left as it was.
    """

    line: int
    code: str
    field: str = ""
    reason: str
    skipped: bool = False


class Reading:
    """Reads the fields of one row, and notes what is wrong with them."""

    def __init__(self, row: FeedRow, currency: str) -> None:
        self._line = row.line
        self._told = _told(row.fields)
        self._currency = currency
        self._code = _words(self._told.get("stockcode", ""))
        self.faults: list[Fault] = []

    def item(self) -> FeedItem | None:
        """Return what the row says of a product; None if nobody can tell of which."""
        if problem := self._code_problem():
            self.faults.append(self._skipped(problem))
            return None
        return FeedItem(
            code=self._code,
            name=self._text("productname", "name", LONGEST_NAME) or None,
            description=self._description(),
            category=self._category(),
            manufacturer=self._text("manufacturer", "manufacturer", LONGEST_WORDS),
            price=self._price(),
            cost=self._amount("dbp", "cost"),
            weight_grams=self._measure("weight", "weight_grams", 1_000),
            length_mm=self._measure("length", "length_mm", 10),
            width_mm=self._measure("width", "width_mm", 10),
            height_mm=self._measure("height", "height_mm", 10),
            warranty=self._text("warrantylength", "warranty", LONGEST_WORDS),
            image_url=self._image(),
            stock_date=self._date(),
            stock=self._stock(),
        )

    def _code_problem(self) -> str:
        if not self._code:
            return "no stock code"
        too_long = len(self._code) > LONGEST_CODE
        return f"a stock code of more than {LONGEST_CODE} characters" if too_long else ""

    def _skipped(self, reason: str) -> Fault:
        code = self._code[:LONGEST_CODE]
        return Fault(line=self._line, code=code, reason=reason, skipped=True)

    def _warn(self, field: str, reason: str) -> None:
        self.faults.append(
            Fault(line=self._line, code=self._code, field=field, reason=reason)
        )

    def _text(self, name: str, field: str, longest: int) -> str:
        return self._cut(_words(self._told.get(name, "")), field, longest)

    def _description(self) -> str:
        text = _CONTROL.sub("", self._told.get("productname2", "").replace("\r\n", "\n"))
        return self._cut(text.strip(), "description", LONGEST_DESCRIPTION)

    def _cut(self, text: str, field: str, longest: int) -> str:
        if len(text) > longest:
            self._warn(field, f"cut to {longest:,} characters")
        return text[:longest].rstrip()

    def _category(self) -> str | None:
        path = [_words(name) for name in self._told.get("categoryname", "").split("/")]
        path = [name for name in path if name]
        if not path:
            self._warn("category", "no category")
        if len(path) > DEEPEST_CATEGORY:
            self._warn("category", f"more than {DEEPEST_CATEGORY} categories deep")
            return None
        if any(len(name) > LONGEST_WORDS for name in path):
            self._warn("category", f"a name of more than {LONGEST_WORDS} characters")
            return None
        return "/".join(path)

    def _price(self) -> Money | None:
        price = self._amount("rrp", "price")
        if price is not None and price.minor == 0:
            self._warn("price", "a price of zero")
            return None
        return price

    def _amount(self, name: str, field: str) -> Money | None:
        text = self._told.get(name, "")
        if not text:
            self._warn(field, f"no {field}")
            return None
        try:
            amount = Money.parse(text[: _LONGEST_NUMBER + 1], self._currency)
        except (ValueError, ArithmeticError):
            self._unreadable(field, text, "an amount of money")
            return None
        if amount.minor < 0:
            self._warn(field, f"a {field} below zero")
            return None
        return amount

    def _measure(self, name: str, field: str, scale: int) -> int | None:
        text = self._told.get(name, "")
        if not text:
            return None
        try:
            return _whole(text, scale) or None
        except (ValueError, ArithmeticError):
            self._unreadable(field, text, "a measure")
            return None

    def _stock(self) -> dict[str, int]:
        return {
            warehouse: self._units(
                self._told.get(f"onhandchanel{warehouse.lower()}", ""), f"stock.{warehouse}"
            )
            for warehouse in FEED_WAREHOUSES
        }

    def _units(self, text: str, field: str) -> int:
        """Return how many units the text says; what can't be read can't be sold."""
        if not text:
            return 0
        found = _UNITS.fullmatch(text)
        if found is None:
            self._unreadable(field, text, "a number of units; counted as 0")
            return 0
        units = int(found[2])
        if found[1] == "-" and units:
            self._warn(field, "below zero; counted as 0")
            return 0
        if units > MOST_UNITS:
            self._warn(field, f"counted as {MOST_UNITS:,}")
        return min(units, MOST_UNITS)

    def _date(self) -> date | None:
        text = self._told.get("pubdate", "")
        if not text:
            return None
        try:
            day, month, year = map(int, _DAY.fullmatch(text).groups())  # type: ignore[union-attr] # no match is an error too
            return date(year, month, day)
        except (AttributeError, ValueError):
            self._unreadable("stock_date", text, "a date (DD/MM/YYYY)")
            return None

    def _image(self) -> str | None:
        url = _CONTROL.sub("", self._told.get("imageurl", ""))
        problem = _problem_of(url) if url else ""
        if problem:
            self._warn("image_url", problem)
            return None
        return url

    def _unreadable(self, field: str, text: str, wanted: str) -> None:
        shown = _words(text)
        shown = f"{shown[:_LONGEST_NUMBER]}…" if len(shown) > _LONGEST_NUMBER else shown
        self._warn(field, f"“{shown}” is not {wanted}")


def _told(fields: Mapping[str, str]) -> dict[str, str]:
    """Return the texts by the plain names of their fields; the first of a name counts."""
    told: dict[str, str] = {}
    for name, text in fields.items():
        if text and not text.isspace():
            told.setdefault(_plain(name), text.strip())
    return told


@lru_cache(maxsize=256)
def _plain(name: str) -> str:
    return name.lower().replace("_", "")


def _words(text: str) -> str:
    """Return the text on one line, without characters that nobody sees."""
    if text.isprintable() and "  " not in text:
        return text.strip()
    return " ".join(_CONTROL.sub(" ", text).split())


def _whole(text: str, scale: int) -> int:
    """Return the number in a smaller unit. Raises ValueError or ArithmeticError."""
    measure = Decimal(text[: _LONGEST_NUMBER + 1]) * scale
    if not 0 <= measure <= _LARGEST_MEASURE:
        raise ValueError("not a measure")
    return int(measure.to_integral_value())


def _problem_of(url: str) -> str:
    """Return why the address can't be that of a picture for everybody; else nothing.

    Only what is written is judged; no name is looked up and nothing is fetched.
    """
    if len(url) > LONGEST_ADDRESS or any(char.isspace() for char in url):
        return "not an address"
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
        port_is_valid = parts.port is None or parts.port > 0
    except ValueError:
        return "not an address"
    if parts.scheme not in {"http", "https"} or not host or not port_is_valid:
        return "not an http or https address"
    if "@" in parts.netloc:
        return "an address with a user name"
    return "" if _is_public(host) else f"{host[:_LONGEST_NUMBER]} is not a public address"


@lru_cache(maxsize=256)
def _is_public(host: str) -> bool:
    try:
        return ip_address(host).is_global
    except ValueError:
        return "." in host and not (
            _HOME.fullmatch(host) or _LOOKS_LIKE_AN_ADDRESS.fullmatch(host)
        )
