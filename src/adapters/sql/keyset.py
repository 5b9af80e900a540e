"""Reading lists a page at a time, by key, in both directions.

A page asks for one row more than it shows: that row says whether there is another page,
without counting. Looking backwards reads the list upside down and turns the rows round.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, func, literal, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.sql.columns import said
from portal_core.errors import Invalid
from portal_core.paging import Cursor, Page, Total, Window

T = TypeVar("T")

MOST_COUNTED = 1_000

_PLACE = "place_"
_NUMBERS = range(-(2**63), 2**63)


class Order:
    """By which columns a list is ordered. The last one must be unique, and none be null.

    `down` names those that go from high to low. Where all go the same way, the database
    compares whole keys and an index on the columns serves both directions.
    """

    def __init__(
        self,
        *columns: ColumnElement[Any],
        down: Sequence[ColumnElement[Any]] = (),
    ) -> None:
        self.columns = columns
        self.down = tuple(any(c is each for each in down) for c in columns)

    @classmethod
    def newest(cls, *columns: ColumnElement[Any]) -> "Order":
        """Return the order in which all columns go from high to low."""
        return cls(*columns, down=columns)


async def page_of(
    connection: AsyncConnection,
    query: Select[Any],
    order: Order,
    window: Window,
    read: Callable[[Row[Any]], T],
    *,
    count: bool = False,
) -> Page[T]:
    """Return the part of the query's rows that the window shows, each turned by `read`.

    The query has no order and no limit yet; the columns of the order are added behind its
    own. With `count` the page says how many rows there are; beyond a thousand, only that
    there are more. Raises Invalid for a cursor of another list.
    """
    rows = (await connection.execute(_part(query, order, window))).all()
    total = await total_of(connection, query) if count else None
    return page_from(rows, order, window, read, total)


async def total_of(connection: AsyncConnection, query: Select[Any]) -> Total:
    """Return how many rows the query has, counting no further than a thousand.

    Its first column is one of the table that everything else is joined to.
    """
    first, *_ = query.selected_columns
    some = query.with_only_columns(first).order_by(None).limit(said(MOST_COUNTED + 1))
    counted = await connection.scalar(select(func.count()).select_from(some.subquery()))
    return total_from(counted or 0)


def total_from(counted: int) -> Total:
    """Return what is said of so many rows, of which one too many may have been counted."""
    return Total(min(counted, MOST_COUNTED), exact=counted <= MOST_COUNTED)


def _part(query: Select[Any], order: Order, window: Window) -> Select[Any]:
    cursor = window.cursor
    backwards = cursor is not None and cursor.backwards
    if cursor is not None:
        query = query.where(_beyond(order, place_of(order, cursor), backwards=backwards))
    directions = [
        column.desc() if down != backwards else column.asc()
        for column, down in zip(order.columns, order.down, strict=True)
    ]
    places = [c.label(f"{_PLACE}{n}") for n, c in enumerate(order.columns)]
    return query.add_columns(*places).order_by(*directions).limit(said(window.limit + 1))


def _beyond(order: Order, values: Sequence[Any], *, backwards: bool) -> ColumnElement[bool]:
    """Return the condition that a row lies beyond these values, seen in the direction."""
    falling = [down != backwards for down in order.down]
    if len(set(falling)) == 1:
        place, limit = tuple_(*order.columns), tuple_(*_bound(order, values))
        return place < limit if falling[0] else place > limit
    bound = _bound(order, values)
    steps = []
    for position, (column, value) in enumerate(zip(order.columns, bound, strict=True)):
        same = [c == v for c, v in zip(order.columns[:position], bound, strict=False)]
        further = column < value if falling[position] else column > value
        steps.append(and_(*same, further))
    return or_(*steps)


def _bound(order: Order, values: Sequence[Any]) -> list[ColumnElement[Any]]:
    return [
        literal(value, column.type)
        for column, value in zip(order.columns, values, strict=True)
    ]


def page_from(
    rows: Sequence[Row[Any]],
    order: Order,
    window: Window,
    read: Callable[[Row[Any]], T],
    total: Total | None,
) -> Page[T]:
    """Return the page of the rows, which are as the window reads them, and one too many.

    They end in the values of the order.
    """
    backwards = window.cursor is not None and window.cursor.backwards
    more = len(rows) > window.limit
    rows = rows[: window.limit]
    if backwards:
        rows = rows[::-1]
    before, after = (more, True) if backwards else (window.cursor is not None, more)
    return Page(
        items=tuple(read(row) for row in rows),
        next=_cursor(order, rows[-1]) if rows and after else None,
        prev=_cursor(order, rows[0], backwards=True) if rows and before else None,
        total=total,
    )


def _cursor(order: Order, row: Row[Any], *, backwards: bool = False) -> Cursor:
    key = tuple(_told(value) for value in row[-len(order.columns) :])
    return Cursor(key, backwards=backwards)


def _told(value: object) -> str | int:
    """Return the value as a cursor carries it."""
    if isinstance(value, int):
        return int(value)
    return value.isoformat() if isinstance(value, datetime) else str(value)


def place_of(order: Order, cursor: Cursor) -> list[Any]:
    """Return the cursor's values as the columns hold them. Raises Invalid."""
    if len(cursor.key) != len(order.columns):
        raise _foreign()
    return [
        _heard(told, column.type.python_type)
        for told, column in zip(cursor.key, order.columns, strict=True)
    ]


def _heard(told: str | int | None, kind: type[Any]) -> object:
    try:
        if isinstance(told, str) and kind in {UUID, datetime}:
            return UUID(told) if kind is UUID else _moment(told)
    except ValueError as error:
        raise _foreign() from error
    if isinstance(told, kind) and (not isinstance(told, int) or told in _NUMBERS):
        return told
    raise _foreign()


def _moment(told: str) -> datetime:
    moment = datetime.fromisoformat(told)
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return moment


def _foreign() -> Invalid:
    message = "This cursor belongs to another list. Start from the first page."
    return Invalid(message, field="cursor", code="invalid_cursor")
