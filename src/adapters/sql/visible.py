"""What a company may see of the catalogue, and what it costs there.

Conditions are written as sub-queries about one product. PostgreSQL then looks at one after
the other and stops when a page is full, whatever it believes about the catalogue.
"""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    ScalarSelect,
    Select,
    bindparam,
    false,
    func,
    not_,
    or_,
    select,
    true,
)

from adapters.sql.columns import ID, said
from adapters.sql.tables.commerce import (
    price_list_items,
    product_exclusions,
    products,
)
from adapters.sql.tables.companies import companies

COMPANY = bindparam("company", type_=ID)
"""The company that looks."""

OWN_LIST = (
    select(companies.c.price_list_id).where(companies.c.id == COMPANY).scalar_subquery()
)
"""The company's price list; NULL if it has none."""


def visible(
    product: FromClause = products, *, in_stock: bool = False
) -> list[ColumnElement[bool]]:
    """Return the conditions that the company sees the product."""
    priced = or_(product.c.price_minor.is_not(None), on_list(product))
    return [*displayed(product, in_stock=in_stock), priced]


def displayed(
    product: FromClause = products, *, in_stock: bool = False
) -> list[ColumnElement[bool]]:
    """Return the conditions that the company sees the product, if it has a price."""
    hidden = (
        select(product_exclusions.c.product_id)
        .where(
            product_exclusions.c.product_id == product.c.id,
            product_exclusions.c.company_id == COMPANY,
        )
        .correlate(product)
    )
    conditions = [not_(product.c.archived), not_(there(hidden))]
    if in_stock:
        conditions.append(product.c.on_hand > product.c.reserved)
    return conditions


def list_price(product_id: ColumnElement[Any], source: FromClause) -> ScalarSelect[int]:
    """Return what the product costs on the company's list; NULL if it is not on it."""
    return (
        select(price_list_items.c.price_minor)
        .where(
            price_list_items.c.price_list_id == OWN_LIST,
            price_list_items.c.product_id == product_id,
        )
        .correlate(source)
        .scalar_subquery()
    )


def on_list(product: FromClause = products) -> ColumnElement[bool]:
    """Return the condition that the company's list names the product."""
    return func.coalesce(list_price(product.c.id, product) >= said(0), false())


def own_price(product: FromClause = products) -> ColumnElement[int]:
    """Return what the product costs the company; NULL if it is not for sale."""
    return func.coalesce(list_price(product.c.id, product), product.c.price_minor)


def there(rows: Select[Any]) -> ColumnElement[bool]:
    """Return the condition that there is a row, asked anew for each row outside.

    EXISTS says the same, but lets PostgreSQL turn the question into a join of all rows; of
    IS NULL it believes that hardly a row fits, and sorts all of them to find a page.
    """
    any_ = rows.with_only_columns(true()).limit(said(1)).scalar_subquery()
    return func.coalesce(any_, false())
