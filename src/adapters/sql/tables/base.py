"""What every table has in common."""

from advanced_alchemy.base import DefaultBase
from sqlalchemy import Table


class Row(DefaultBase):
    """A row of a table. It declares the table; statements are written on `table_of` it."""

    __abstract__ = True


def table_of(row: type[Row]) -> Table:
    """Return the table of the rows, for statements without the ORM."""
    table = row.__table__
    if not isinstance(table, Table):
        raise TypeError(f"{row.__name__} has no table of its own")
    return table
