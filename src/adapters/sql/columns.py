"""Kinds of columns that hold, sort and compare alike on PostgreSQL and on SQLite.

SQLite has neither ids nor times of its own. Ids lie there as 16 bytes, times as text of one
width in UTC, so that comparing what is stored compares what is meant.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ColumnElement,
    Dialect,
    LargeBinary,
    String,
    and_,
    literal,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.type_api import TypeEngine

T = TypeVar("T")
Processor = Callable[[T], Any]

LAST = "\U0010ffff"
"""The last of all characters, in the order in which texts are compared."""


class BinaryId(LargeBinary):
    """An id as 16 bytes; they sort like the id itself."""

    @property
    def python_type(self) -> type[Any]:
        return UUID

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine[Any]:  # noqa: ARG002 - the signature of SQLAlchemy
        return self

    def bind_processor(self, dialect: Dialect) -> Processor[UUID | None]:  # type: ignore[override] # noqa: ARG002 - ours takes ids
        def process(value: UUID | None) -> bytes | None:
            return None if value is None else value.bytes

        return process

    def result_processor(self, dialect: Dialect, coltype: object) -> Processor[Any]:  # noqa: ARG002 - the signature of SQLAlchemy
        def process(value: bytes | None) -> UUID | None:
            return None if value is None else UUID(int=int.from_bytes(value))

        return process


class TextMoment(String):
    """A moment as text in UTC with microseconds; it sorts like the moment itself."""

    @property
    def python_type(self) -> type[Any]:
        return datetime

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine[Any]:  # noqa: ARG002 - the signature of SQLAlchemy
        return self

    def bind_processor(self, dialect: Dialect) -> Processor[datetime | None]:  # type: ignore[override] # noqa: ARG002 - ours takes moments
        def process(value: datetime | None) -> str | None:
            if value is None:
                return None
            return value.astimezone(UTC).isoformat(timespec="microseconds")

        return process

    def result_processor(self, dialect: Dialect, coltype: object) -> Processor[Any]:  # noqa: ARG002 - the signature of SQLAlchemy
        def process(value: str | None) -> datetime | None:
            return None if value is None else datetime.fromisoformat(value)

        return process


ID = BinaryId().with_variant(postgresql.UUID(as_uuid=True), "postgresql")
"""A UUID."""

MOMENT = TextMoment().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")
"""A point in time, to the microsecond, in UTC."""

TEXT = String().with_variant(postgresql.TEXT(collation="C"), "postgresql")
"""Text of any length, compared by code points as Python does."""

DOCUMENT = JSON(none_as_null=True).with_variant(
    postgresql.JSONB(none_as_null=True), "postgresql"
)
"""A JSON object or array, read and written by msgspec (see `database.create_engine`)."""


def one_of(column: str, kind: type[StrEnum], *, optional: bool = False) -> CheckConstraint:
    """Return the rule that the column holds a value of the enumeration."""
    values = ", ".join(f"'{member.value}'" for member in kind)
    missing = f" OR {column} IS NULL" if optional else ""
    return CheckConstraint(f"{column} IN ({values}){missing}", name=f"{column}_known")


def at_least(column: str, lowest: int = 0) -> CheckConstraint:
    """Return the rule that the number is not below the lowest; a missing one is fine."""
    return CheckConstraint(f"{column} >= {lowest}", name=f"{column}_at_least_{lowest}")


def starts_with(column: ColumnElement[str], prefix: str) -> ColumnElement[bool]:
    """Return the condition that the text begins so, in a form that every index serves."""
    return and_(column >= prefix, column < prefix + LAST)


def contains(columns: Sequence[ColumnElement[str]], text: str) -> ColumnElement[bool]:
    """Return the condition that any of the columns, all of folded text, has the text."""
    wanted = folded(text)
    first, *others = (column.contains(wanted, autoescape=True) for column in columns)
    for other in others:
        first = first | other
    return first


def folded(text: str) -> str:
    """Return the text as it is searched and sorted by people: without regard to case."""
    return text.casefold()


def said(number: int) -> ColumnElement[int]:
    """Return a number that stands in the text of a statement.

    A limit that PostgreSQL does not know makes it plan for whole lists, and each time anew.
    """
    return literal(number, BigInteger(), literal_execute=True)
