"""Categories as their templates read them."""

from collections.abc import Sequence

from msgspec import Struct

from adapters.http.forms import Filled
from portal_core.commerce.model import Category
from portal_core.errors import Problem
from portal_core.ids import CategoryId

DESK = "/admin/categories"
DEEPEST = 5


class NewForm(Struct, frozen=True, kw_only=True):
    """What “Add category” sends."""

    name: str = ""
    parent_id: CategoryId | None = None


class NameForm(Struct, frozen=True, kw_only=True):
    """What “Rename” sends."""

    name: str = ""


class RowView(Struct, frozen=True, kw_only=True):
    """A category in the tree. `depth` is 0 at the top."""

    name: str
    href: str
    depth: int
    products: str


class TreeView(Struct, frozen=True, kw_only=True):
    """What the tree of categories reads."""

    rows: tuple[RowView, ...]
    parents: tuple[tuple[str, str], ...]
    filled: Filled[NewForm]


class CategoryView(Struct, frozen=True, kw_only=True):
    """What the page of a category reads."""

    here: str
    name: str
    above: str
    filled: Filled[NameForm]
    below: tuple[RowView, ...]
    products: str
    add_below: str
    problems: tuple[Problem, ...]


def row_of(category: Category) -> RowView:
    """Return the category as a line of the tree."""
    return RowView(
        name=category.name,
        href=f"{DESK}/{category.id}",
        depth=min(category.path.count("/"), DEEPEST),
        products=products_in(category),
    )


def products_in(category: Category) -> str:
    """Return where the products of the category are listed."""
    return f"/admin/products?category={category.id}"


def parents_of(categories: Sequence[Category]) -> tuple[tuple[str, str], ...]:
    """Return the categories as choices, by path."""
    return tuple((str(one.id), one.path.replace("/", " / ")) for one in categories)
