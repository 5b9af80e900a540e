"""The terms by which products are found.

What one term finds lies in the order of the products' names, so a page of it is read like
a page of any list, however much there is.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    and_,
    bindparam,
    delete,
    func,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.sql.bulk import insert_rows
from adapters.sql.columns import LAST, TEXT, folded
from adapters.sql.tables.commerce import product_terms
from adapters.sql.visible import there
from portal_core.commerce.model import Product
from portal_core.commerce.search import Wanted, terms_of

MANY = 2_000
"""From so many on, terms that begin with a word are simply many."""

_COLUMNS = (product_terms.c.term, product_terms.c.name_key, product_terms.c.product_id)
_OTHER = product_terms.alias("other_terms")


class Word:
    """A place in a statement for a word that people typed, with its number.

    `exact` says that the word has another spelling, which must be a whole term.
    """

    def __init__(self, number: int, *, exact: bool) -> None:
        self.start: ColumnElement[str] = bindparam(f"word_{number}", type_=TEXT)
        self.end: ColumnElement[str] = bindparam(f"word_{number}_end", type_=TEXT)
        self.exact: ColumnElement[str] | None = None
        if exact:
            self.exact = bindparam(f"word_{number}_exact", type_=TEXT)

    @staticmethod
    def values(number: int, wanted: Wanted) -> dict[str, str]:
        """Return what belongs into the place."""
        return {
            f"word_{number}": wanted.prefix,
            f"word_{number}_end": wanted.prefix + LAST,
            f"word_{number}_exact": wanted.exact,
        }

    def fits(self, terms: FromClause) -> ColumnElement[bool]:
        """Return the condition that a term is what was typed."""
        begins = and_(terms.c.term >= self.start, terms.c.term < self.end)
        return begins if self.exact is None else or_(begins, terms.c.term == self.exact)

    def finds(
        self, product_id: ColumnElement[Any], source: FromClause
    ) -> ColumnElement[bool]:
        """Return the condition that a product of the source has such a term."""
        own = select(_OTHER.c.term).where(_OTHER.c.product_id == product_id)
        return there(own.where(self.fits(_OTHER)).correlate(source))

    def count(self) -> ColumnElement[int]:
        """Return how many terms of products fit, counting no further than needed."""
        some = select(product_terms.c.term).where(self.fits(product_terms))
        counted = select(func.count()).select_from(some.limit(MANY).subquery())
        return counted.scalar_subquery()


def terms_for(product: Product) -> frozenset[str]:
    """Return the terms by which the product is found."""
    return terms_of(product.sku, product.name, product.manufacturer, product.vendor_sku)


async def write_terms(
    connection: AsyncConnection, found: Collection[Product], *, new: bool
) -> None:
    """Store how products are found, in place of any other. `new`: there is no other.

    This is due whenever a name, a maker or a code changes.
    """
    if found and not new:
        ids = [product.id for product in found]
        old = product_terms.c.product_id.in_(ids)
        await connection.execute(delete(product_terms).where(old))
    rows = (
        (term, folded(product.name), product.id)
        for product in found
        for term in terms_for(product)
    )
    await insert_rows(connection, _COLUMNS, rows)
