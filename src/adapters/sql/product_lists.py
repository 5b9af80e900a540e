"""Reading pages of products, in one statement, or in two if several words are typed."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Integer, Row, Select, literal
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.sql.keyset import Order, page_from, place_of, total_from
from adapters.sql.page_shape import Shape
from adapters.sql.product_pages import counted, counted_words
from adapters.sql.tables.commerce import products
from adapters.sql.terms import MANY, Word
from portal_core.commerce.search import Wanted
from portal_core.ids import CategoryId
from portal_core.paging import Page, Total, Window

T = TypeVar("T")

_NAMES = (products.c.name_key, products.c.id)
_BY_NAME = Order(*_NAMES)
_BY_PRICE = Order(products.c.price_minor, *_NAMES)
_BY_RANK = Order(literal(0, Integer()), *_NAMES)


class List(Struct, frozen=True):
    """A list of products that somebody wants a page of.

    `shape` says all but how words and categories are looked for, and where to begin.
    """

    shape: Shape
    values: Mapping[str, Any]
    words: Sequence[Wanted]
    categories: Collection[CategoryId] | None
    count: bool


async def read_page(
    connection: AsyncConnection,
    wanted: List,
    window: Window,
    statement: Callable[[Shape], Select[Any]],
    read: Callable[[Row[Any]], T],
) -> Page[T]:
    """Return a page of the list, whose rows the statement reads for a shape.

    Raises Invalid for a cursor of another list.
    """
    shape, values = _begin(wanted, window)
    words = await _rarest_first(connection, wanted)
    if words is None or (wanted.categories is not None and not wanted.categories):
        return Page(items=(), total=Total(0) if wanted.count else None)
    shape = replace(
        shape,
        words=tuple(bool(word.exact) for word, _ in words),
        common=bool(words) and words[0][1] >= MANY,
    )
    for number, (word, _) in enumerate(words):
        values |= Word.values(number, word)
    rows = (await connection.execute(statement(shape), values)).all()
    total = await _total(connection, shape, values, len(rows)) if wanted.count else None
    return page_from(rows, _order(shape), window, read, total)


async def _total(
    connection: AsyncConnection, shape: Shape, values: Mapping[str, Any], shown: int
) -> Total:
    """Return how many there are on all pages; on this one there are so many."""
    found = await connection.scalar(counted(_whole(shape)), values) or 0
    if not shape.common:
        return total_from(found)
    return replace(total_from(max(found, min(shown, shape.limit))), exact=False)


def _begin(wanted: List, window: Window) -> tuple[Shape, dict[str, Any]]:
    """Return where the page begins, and the values of that place."""
    values = dict(wanted.values)
    shape = replace(wanted.shape, limit=window.limit)
    if wanted.categories is not None:
        several = len(wanted.categories) > 1
        shape = replace(shape, shelved=True, several=several)
        values["shelves"] = list(wanted.categories)
    if window.cursor is None:
        return shape, values
    *first, name, id_ = place_of(_order(shape), window.cursor)
    values |= {"key_name": name, "key_id": id_, "key_price": first[0] if first else None}
    rank = min(first[0], 1) if shape.sku else None
    backwards = window.cursor.backwards
    return replace(shape, behind=True, backwards=backwards, rank=rank), values


async def _rarest_first(
    connection: AsyncConnection, wanted: List
) -> list[tuple[Wanted, int]] | None:
    """Return words with how much each finds, if that matters; None if one finds nothing."""
    words = wanted.words
    if len(words) < 2 and not (words and wanted.shape.by_price):  # noqa: PLR2004
        return [(word, 0) for word in words]
    statement = counted_words(tuple(bool(word.exact) for word in words))
    values: dict[str, Any] = {}
    for number, word in enumerate(words):
        values |= Word.values(number, word)
    counts = (await connection.execute(statement, values)).one()
    found = zip(words, counts, strict=True)
    return sorted(found, key=lambda each: each[1]) if all(counts) else None


def _order(shape: Shape) -> Order:
    if shape.by_price:
        return _BY_PRICE
    return _BY_RANK if shape.sku else _BY_NAME


def _whole(shape: Shape) -> Shape:
    """Return the shape of which nothing is left but which products there are."""
    return Shape(
        limit=0,
        lateral=shape.lateral,
        common=shape.common,
        shop=shape.shop,
        archived=shape.archived,
        in_stock=shape.in_stock,
        sold_out=shape.sold_out,
        shelved=shape.shelved,
        words=shape.words,
    )
