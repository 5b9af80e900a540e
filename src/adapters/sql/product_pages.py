"""Pages of products, by name or by price: which products are on them.

A page costs about the same whatever the size of the catalogue: it is read from indexes that
lie in its order, and reading stops when it is full. Where no single index has the order,
the page is put together from branches that have it: one for each shelf of a subtree, one
for the company's price list and one for the usual prices, one for a whole word and one for
what it begins. Each gives the first products that it has; the first of all are the page.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from msgspec.structs import replace
from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    Subquery,
    and_,
    case,
    func,
    not_,
    select,
    true,
    union,
)

from adapters.sql.columns import said
from adapters.sql.keyset import MOST_COUNTED
from adapters.sql.page_shape import SHELVES, SKU, Shape, in_order
from adapters.sql.tables.commerce import (
    categories,
    price_list_items,
    product_terms,
    products,
)
from adapters.sql.terms import MANY, Word
from adapters.sql.visible import OWN_LIST, displayed, list_price, on_list, own_price, there

_HIGHEST = 2**63 - 1
_TERM_KEY = (product_terms.c.name_key, product_terms.c.product_id)
_NAMED = (product_terms.c.name_key, product_terms.c.product_id.label("id"))


@lru_cache(maxsize=1_000)
def found(shape: Shape) -> Subquery:
    """Return the products of the page: their ids behind the values that order them.

    There may be more than the page holds, and they are in no order.
    """
    branches = _by_price(shape) if shape.by_price else _by_name(shape)
    if shape.sku:
        branches = _this_very_one(shape)
    if len(branches) == 1:
        return branches[0].subquery("found")
    parts = (select(branch.subquery()) for branch in branches)
    return union(*parts).subquery("found")


def ordered(shape: Shape, rows: Select[Any], page: FromClause) -> Select[Any]:
    """Return the rows of a page in their order, and no more than it holds."""
    if not shape.sku:
        return in_order(shape, rows, tuple(page.c)).limit(shape.most)
    rank, *names = page.c
    ranked = rows.order_by(rank.desc() if shape.backwards else rank.asc())
    return in_order(shape, ranked, names).limit(shape.most)


@lru_cache(maxsize=1_000)
def counted(shape: Shape) -> Select[Any]:
    """Return how many products there are on all pages, counting no further than needed.

    Of many that have the rarest word, only the first are looked at.
    """
    if shape.words:
        driver, *others = shape.typed()
        terms = select(product_terms.c.product_id).where(driver.fits(product_terms))
        if shape.common:
            terms = select(terms.limit(said(MANY)).subquery())
        each = terms.distinct().subquery("each")
        id_ = each.c.product_id
        some = select(id_).where(*_looked_at(shape, others, id_, each))
    else:
        some = select(products.c.id).where(*shape.conditions(products))
    some = some.limit(said(MOST_COUNTED + 1))
    return select(func.count()).select_from(some.subquery())


@lru_cache(maxsize=100)
def counted_words(words: tuple[bool, ...]) -> Select[Any]:
    """Return how many terms fit each word, counting no further than needed."""
    return select(*(Word(n, exact=exact).count() for n, exact in enumerate(words)))


def _this_very_one(shape: Shape) -> list[Select[Any]]:
    """Return the products with the SKU, of rank 0, and all others, of rank 1."""
    branches: list[Select[Any]] = []
    if not _is_passed(shape, 0):
        this = select(products.c.name_key, products.c.id).where(
            products.c.sku_plain == SKU,
            *shape.conditions(products),
            *_fitting(shape.typed(), products.c.id, products),
        )
        here = replace(shape, behind=shape.rank == 0)
        this = here.first(this, products.c.name_key, products.c.id)
        branches.append(_ranked(this, 0))
    if not _is_passed(shape, 1):
        here = replace(shape, behind=shape.rank == 1)
        branches += [_ranked(branch, 1) for branch in _by_name(here)]
    return branches


def _is_passed(shape: Shape, rank: int) -> bool:
    """Return whether all products of the rank lie on the other side of the cursor."""
    if shape.rank is None:
        return False
    return rank > shape.rank if shape.backwards else rank < shape.rank


def _ranked(branch: Select[Any], rank: int) -> Select[Any]:
    part = branch.subquery()
    return select(said(rank).label("rank"), *part.c)


def _by_name(shape: Shape) -> list[Select[Any]]:
    if shape.words:
        return _by_words(shape)
    if shape.several:
        one = replace(shape, shelved=False)
        return [_from_each_shelf(shape, lambda each: _walk(one, each))]
    return [_walk(shape, products)]


def _walk(shape: Shape, product: FromClause) -> Select[Any]:
    conditions = [*shape.conditions(product), *_not_the_very_one(shape, product)]
    rows = select(product.c.name_key, product.c.id).where(*conditions)
    return shape.first(rows, product.c.name_key, product.c.id)


def _by_words(shape: Shape) -> list[Select[Any]]:
    """Return a branch for each whole term that was typed, and one for all they begin."""
    driver, *others = shape.typed()
    fine = _looked_at(shape, others, product_terms.c.product_id, product_terms)
    wholes = [whole for whole in (driver.start, driver.exact) if whole is not None]
    same = (select(*_NAMED).where(product_terms.c.term == whole, *fine) for whole in wholes)
    return [*(shape.first(rows, *_TERM_KEY) for rows in same), _begun(shape)]


def _begun(shape: Shape) -> Select[Any]:
    """Return products by longer terms. These are sorted first, and then looked at in turn.

    The offset keeps both databases from looking at all of them before they sort.
    """
    driver, *others = shape.typed()
    longer = and_(product_terms.c.term > driver.start, product_terms.c.term < driver.end)
    terms = select(*_NAMED).where(longer, *shape.beyond(_TERM_KEY)).distinct()
    begun = in_order(shape, terms, _TERM_KEY).offset(said(0)).subquery("begun")
    fine = _looked_at(shape, others, begun.c.id, begun)
    return select(begun.c.name_key, begun.c.id).where(*fine).limit(shape.most)


def _looked_at(
    shape: Shape, words: list[Word], id_: ColumnElement[Any], source: FromClause
) -> list[ColumnElement[bool]]:
    """Return the conditions that a product known by its id is on the page."""
    conditions = [*shape.conditions(products), *_not_the_very_one(shape, products)]
    seen = select(products.c.id).where(products.c.id == id_, *conditions).correlate(source)
    return [*_fitting(words, id_, source), there(seen)]


def _fitting(
    words: list[Word], id_: ColumnElement[Any], source: FromClause
) -> list[ColumnElement[bool]]:
    return [word.finds(id_, source) for word in words]


def _not_the_very_one(shape: Shape, product: FromClause) -> list[ColumnElement[bool]]:
    return [product.c.sku_plain != SKU] if shape.sku else []


def _by_price(shape: Shape) -> list[Select[Any]]:
    if shape.words and not shape.common:
        return [_priced(shape, _found_by_word(shape))]
    listed = _listed(shape).cte("listed")
    if shape.several:
        one = replace(shape, shelved=False)
        usual = _from_each_shelf(shape, lambda each: _usual(one, each, listed))
    else:
        usual = _usual(shape, products, listed)
    return [select(listed), usual]


def _listed(shape: Shape) -> Select[Any]:
    """Return the products that are on the company's price list."""
    fine = [
        *displayed(products, in_stock=shape.in_stock),
        *_fitting(shape.typed(), products.c.id, products),
    ]
    if shape.shelved:
        price = list_price(products.c.id, products).label("price")
        rows = select(price, products.c.name_key, products.c.id)
        on_shelves = products.c.category_id.in_(SHELVES)
        return _priced(shape, rows.where(OWN_LIST.is_not(None), on_shelves, *fine))
    key = (price_list_items.c.price_minor, products.c.name_key, products.c.id)
    rows = (
        select(key[0].label("price"), *key[1:])
        .select_from(price_list_items)
        .join(products, products.c.id == price_list_items.c.product_id)
        .where(price_list_items.c.price_list_id == OWN_LIST, *fine)
    )
    return shape.first(rows, *key)


def _usual(shape: Shape, product: FromClause, listed: FromClause) -> Select[Any]:
    """Return the products that cost the usual.

    If the list fills a page, those beyond its last price are not looked at: a list that
    names nearly everything would make this a walk through nearly everything.
    """
    key = (product.c.price_minor, product.c.name_key, product.c.id)
    rows = select(key[0].label("price"), *key[1:]).where(
        _in_reach(shape, key[0], listed),
        key[0].is_not(None),
        *shape.conditions(product),
        not_(on_list(product)),
        *_fitting(shape.typed(), product.c.id, product),
    )
    return shape.first(rows, *key)


def _in_reach(
    shape: Shape, price: ColumnElement[int], listed: FromClause
) -> ColumnElement[bool]:
    falls, *_ = shape.falling
    last = func.min(listed.c.price) if falls else func.max(listed.c.price)
    full = case((func.count() > said(shape.limit), last))
    limit = select(full).select_from(listed).scalar_subquery()
    if falls:
        return price >= func.coalesce(limit, said(0))
    return price <= func.coalesce(limit, said(_HIGHEST))


def _found_by_word(shape: Shape) -> Select[Any]:
    """Return what the rarest word finds, with what it costs the company."""
    driver, *others = shape.typed()
    terms = select(*_NAMED).where(driver.fits(product_terms)).distinct()
    each = terms.subquery("each")
    price = (
        select(own_price())
        .where(products.c.id == each.c.id, *shape.conditions(products))
        .correlate(each)
        .scalar_subquery()
    )
    fine = _fitting(others, each.c.id, each)
    return select(price.label("price"), each.c.name_key, each.c.id).where(*fine)


def _priced(shape: Shape, rows: Select[Any]) -> Select[Any]:
    """Return those of the rows that have a price, in its order."""
    each = rows.offset(said(0)).subquery("priced")
    priced = select(each).where(each.c.price.is_not(None))
    return shape.first(priced, *each.c)


def _from_each_shelf(
    shape: Shape, first_of: Callable[[FromClause], Select[Any]]
) -> Select[Any]:
    """Return the first products of each shelf.

    SQLite has no LATERAL; there the ids of the first are asked for, shelf by shelf.
    """
    on_this = categories.c.id
    if shape.lateral:
        firsts = first_of(products).where(products.c.category_id == on_this)
        each = firsts.correlate(categories).lateral("each")
        rows = select(each).select_from(categories.join(each, true()))
    else:
        first = products.alias("first")
        firsts = first_of(first).where(first.c.category_id == on_this)
        ids = firsts.with_only_columns(first.c.id).correlate(categories)
        price = [products.c.price_minor.label("price")] if shape.by_price else []
        rows = select(*price, products.c.name_key, products.c.id).select_from(
            categories.join(products, products.c.id.in_(ids))
        )
    return rows.where(categories.c.id.in_(SHELVES))
