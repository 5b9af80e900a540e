"""Columns out, columns in: between rows and the entities of the core."""

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

import msgspec
from sqlalchemy import Column, ColumnElement, Select, Table, bindparam, select

T = TypeVar("T", bound=msgspec.Struct)


class Entity(Generic[T]):
    """How rows become entities of a kind: one column for each field, in their order.

    `instead` gives the columns of fields that the table does not have by name.
    """

    def __init__(
        self, kind: type[T], table: Table, /, **instead: ColumnElement[Any]
    ) -> None:
        self.kind = kind
        self.fields = kind.__struct_fields__
        known = {**table.c, **instead}
        if missing := [field for field in self.fields if field not in known]:
            raise TypeError(f"{table.name} has no {', '.join(missing)}")
        self.columns = tuple(known[field] for field in self.fields)

    def by(self, *key: Column[Any]) -> Select[Any]:
        """Return the query for rows with this key, whose values are named as its columns.

        A query that is made once and run with values costs a third of one that is made
        each time.
        """
        same = [column == bindparam(column.name, type_=column.type) for column in key]
        return select(*self.columns).where(*same)

    def read(self, row: Sequence[Any]) -> T:
        """Return the entity of a row that begins with the columns."""
        return msgspec.convert(dict(zip(self.fields, row, strict=False)), self.kind)

    def find(self, row: Sequence[Any] | None) -> T | None:
        """Return the entity of the row, if there is a row."""
        return None if row is None else self.read(row)

    def take(self, row: Sequence[Any]) -> tuple[T, Sequence[Any]]:
        """Return the entity of the row's first columns, and what follows them."""
        return self.read(row), row[len(self.columns) :]


def values_of(entity: msgspec.Struct) -> dict[str, Any]:
    """Return the entity's fields, to be stored as they are."""
    return msgspec.structs.asdict(entity)
