"""Pages of rows by key, as a database with an index would read them."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import UUID

from portal_core.errors import Invalid
from portal_core.paging import Cursor, Page, Total, Window

T = TypeVar("T")
Key = tuple[str | int | None, ...]

MOST_COUNTED = 1_000
"""Beyond so many rows a total is no longer exact."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def page_of(
    rows: Iterable[T],
    key: Callable[[T], Key],
    window: Window,
    *,
    descending: bool = False,
    count: bool = False,
) -> Page[T]:
    """Return the rows of the window, in the order of their keys.

    Raises Invalid for a cursor of another list.
    """
    ordered = sorted(rows, key=key, reverse=descending)
    keys = [key(row) for row in ordered]
    start, stop = _bounds(keys, window, descending=descending)
    items = tuple(ordered[start:stop])
    return Page(
        items=items,
        next=Cursor(keys[stop - 1]) if items and stop < len(keys) else None,
        prev=Cursor(keys[start], backwards=True) if items and start > 0 else None,
        total=total_of(len(keys)) if count else None,
    )


def by_name(name: str, id_: UUID) -> tuple[str, str]:
    """Return the key that orders by name, whatever its case, and then by id."""
    return name.casefold(), str(id_)


def by_time(at: datetime, id_: UUID) -> tuple[int, str]:
    """Return the key that orders by time, and then by id."""
    return (at - _EPOCH) // _MICROSECOND, str(id_)


def _bounds(keys: list[Key], window: Window, *, descending: bool) -> tuple[int, int]:
    cursor = window.cursor
    if cursor is None:
        return 0, min(window.limit, len(keys))
    place = tuple(cursor.key)
    if keys and [type(value) for value in place] != [type(value) for value in keys[0]]:
        message = "This cursor belongs to another list. Start from the first page."
        raise Invalid(message, field="cursor", code="invalid_cursor")
    before = sum((key > place) if descending else (key < place) for key in keys)
    if cursor.backwards:
        return max(0, before - window.limit), before
    start = before + keys.count(place)
    return start, min(start + window.limit, len(keys))


def total_of(count: int) -> Total:
    """Return what is said of so many rows."""
    return Total(min(count, MOST_COUNTED), exact=count <= MOST_COUNTED)
