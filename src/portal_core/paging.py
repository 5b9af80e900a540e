"""Lists that are read a page at a time, by key and never by offset."""

from typing import Generic, TypeVar

from msgspec import Struct

T = TypeVar("T")


class Cursor(Struct, frozen=True):
    """A place between two rows: the sort values of the row beside it, ending in its id.

    A page starts behind the cursor, or ends before it if it looks backwards.
    """

    key: tuple[str | int | None, ...]
    backwards: bool = False


class Window(Struct, frozen=True):
    """Which part of a list is wanted: up to `limit` rows from a cursor or the start."""

    limit: int = 25
    cursor: Cursor | None = None


class Total(Struct, frozen=True):
    """How many rows there are. If not exact, there may be more than counted."""

    count: int
    exact: bool = True


class Page(Struct, Generic[T], frozen=True):
    """Some rows of a list, and the cursors of the pages beside it."""

    items: tuple[T, ...]
    next: Cursor | None = None
    prev: Cursor | None = None
    total: Total | None = None
