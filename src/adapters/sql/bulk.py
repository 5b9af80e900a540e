"""Inserting many rows at once, past what SQLAlchemy does for each of them."""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Column, Dialect
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

Process = Callable[[Any], Any]


async def insert_rows(
    connection: AsyncConnection,
    columns: Sequence[Column[Any]],
    rows: Iterable[Sequence[Any]],
    *,
    otherwise: str = "",
) -> None:
    """Insert rows, with values in the order of the columns, which are of one table.

    `otherwise` is what to do with rows that are there already, as the databases write it.
    """
    values = _columnwise(connection.dialect, columns, rows)
    if not values:
        return
    if connection.dialect.name == "postgresql":
        statement = _from_arrays(tuple(columns)) + otherwise
        await connection.exec_driver_sql(statement, tuple(values))
    else:
        statement = _from_values(tuple(columns)) + otherwise
        await connection.exec_driver_sql(statement, list(zip(*values, strict=True)))


def _columnwise(
    dialect: Dialect, columns: Sequence[Column[Any]], rows: Iterable[Sequence[Any]]
) -> list[list[Any]]:
    """Return the values of each column, as the driver takes them; nothing for no rows."""
    return [
        list(map(process, column)) if process else list(column)
        for process, column in zip(
            (_processor(dialect, column) for column in columns),
            zip(*rows, strict=True),
            strict=False,
        )
    ]


def _processor(dialect: Dialect, column: Column[Any]) -> Process | None:
    return column.type.dialect_impl(dialect).bind_processor(dialect)


@cache
def _from_arrays(columns: tuple[Column[Any], ...]) -> str:
    """Return a statement for PostgreSQL that takes an array for each column."""
    dialect: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call] # it has no types
    kinds = (column.type.compile(dialect).partition(" COLLATE")[0] for column in columns)
    arrays = ", ".join(f"${n}::{kind}[]" for n, kind in enumerate(kinds, 1))
    return f"{_into(columns)} SELECT * FROM unnest({arrays})"  # noqa: S608 - our own names


@cache
def _from_values(columns: tuple[Column[Any], ...]) -> str:
    return f"{_into(columns)} VALUES ({', '.join('?' for _ in columns)})"


def _into(columns: tuple[Column[Any], ...]) -> str:
    table = columns[0].table
    names = ", ".join(f'"{column.name}"' for column in columns)
    return f'INSERT INTO "{table.name}" ({names})'
