"""What a page of products depends on, and where it begins.

Statements are made once for each shape of a page, and values are bound to them: to make,
to compile and to plan one anew takes longer than to run it.
"""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Select,
    and_,
    bindparam,
    not_,
    or_,
    tuple_,
)

from adapters.sql.columns import ID, TEXT, said
from adapters.sql.terms import Word
from adapters.sql.visible import visible
from portal_core.commerce.ports import ShopSort

SKU = bindparam("sku", type_=TEXT)
SHELVES = bindparam("shelves", type_=ID, expanding=True)

_PRICE = bindparam("key_price", type_=BigInteger())
_NAME = bindparam("key_name", type_=TEXT)
_ID = bindparam("key_id", type_=ID)


class Shape(Struct, frozen=True, kw_only=True):
    """What the text of a statement for a page of products depends on.

    A page of the `shop` is what a company sees, any other one what the MSP keeps, with
    `archived` and `sold_out`. The page is `behind` a cursor, or reads `backwards` what is
    before it, and `rank` is that of the cursor, if one `sku` comes first. `words` says of
    each word whether it has another spelling; the first is the one that finds least, and
    even that is `common` if it finds too much to be sorted by price, or to be counted.
    """

    limit: int
    lateral: bool
    shop: bool = True
    archived: bool | None = False
    in_stock: bool = False
    sold_out: bool = False
    shelved: bool = False
    several: bool = False
    words: tuple[bool, ...] = ()
    common: bool = False
    sort: ShopSort = ShopSort.NAME
    sku: bool = False
    behind: bool = False
    backwards: bool = False
    rank: int | None = None

    @property
    def by_price(self) -> bool:
        """Whether the price comes before the name."""
        return self.sort in {ShopSort.PRICE, ShopSort.PRICE_DOWN}

    @property
    def falling(self) -> tuple[bool, ...]:
        """Which values of the order go from high to low, as they are read."""
        names = (self.backwards, self.backwards)
        if self.by_price:
            return (self.backwards != (self.sort is ShopSort.PRICE_DOWN), *names)
        return names

    @property
    def most(self) -> ColumnElement[int]:
        """How many products are read: one more than shown, to know if there are more."""
        return said(self.limit + 1)

    def typed(self) -> list[Word]:
        """Return the places of the words."""
        return [Word(number, exact=exact) for number, exact in enumerate(self.words)]

    def conditions(self, product: FromClause) -> list[ColumnElement[bool]]:
        """Return the conditions that a product is on the pages, but for the words."""
        shown = self._shown(product)
        return [*shown, product.c.category_id.in_(SHELVES)] if self.shelved else shown

    def first(self, rows: Select[Any], *key: ColumnElement[Any]) -> Select[Any]:
        """Return the rows that are first behind the cursor, in the order of the key."""
        return in_order(self, rows.where(*self.beyond(key)), key).limit(self.most)

    def beyond(self, key: Sequence[ColumnElement[Any]]) -> list[ColumnElement[bool]]:
        """Return the conditions that a row lies behind the cursor, if there is one."""
        if not self.behind:
            return []
        place = (_PRICE, _NAME, _ID)[-len(key) :]
        falls, *rest = self.falling
        if all(fall == falls for fall in rest):
            return [_further(tuple_(*key), tuple_(*place), falling=falls)]
        # The first condition says to an index where to begin.
        (price, *names), (price_there, *names_there) = key, place
        same = and_(
            price == price_there,
            _further(tuple_(*names), tuple_(*names_there), falling=rest[0]),
        )
        beyond = _further(price, price_there, falling=falls)
        begin = price <= price_there if falls else price >= price_there
        return [begin, or_(beyond, same)]

    def _shown(self, product: FromClause) -> list[ColumnElement[bool]]:
        if self.shop:
            return visible(product, in_stock=self.in_stock)
        conditions = [product.c.on_hand <= product.c.reserved] if self.sold_out else []
        if self.archived is not None:
            archived = product.c.archived
            conditions.append(archived if self.archived else not_(archived))
        return conditions


def in_order(
    shape: Shape, rows: Select[Any], key: Sequence[ColumnElement[Any]]
) -> Select[Any]:
    """Return the rows in the order of the key."""
    falling = shape.falling[-len(key) :]
    directions = (
        column.desc() if falls else column.asc()
        for column, falls in zip(key, falling, strict=True)
    )
    return rows.order_by(*directions)


def _further(
    key: ColumnElement[Any], place: ColumnElement[Any], *, falling: bool
) -> ColumnElement[bool]:
    return key < place if falling else key > place
