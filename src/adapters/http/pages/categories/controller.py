"""The rooms in which the MSP arranges the shelves of the shop."""

from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from msgspec import Struct

from adapters.http.forms import Filled, Form
from adapters.http.pages.categories.views import (
    DESK,
    CategoryView,
    NameForm,
    NewForm,
    TreeView,
    parents_of,
    products_in,
    row_of,
)
from adapters.http.screen import Screen
from adapters.http.shell import Crumb
from portal_core.commerce.shelves import CategoryService
from portal_core.errors import Conflict, Invalid, NotFound, Problem
from portal_core.identity.actor import Actor
from portal_core.ids import CategoryId

_CRUMB = Crumb("Categories", DESK)


class TreeQuery(Struct, frozen=True, kw_only=True):
    """Below which category one is to be added."""

    parent: CategoryId | None = None


class CategoryPages(Controller):
    """The shelves of the shop."""

    path = DESK

    @get()
    async def list(
        self,
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        categories: NamedDependency[CategoryService],
    ) -> Template:
        """Show the tree."""
        form = NewForm(parent_id=screen.query(TreeQuery).parent)
        return await _tree(screen, actor, categories, Filled.of(form))

    @post()
    async def create(
        self,
        data: Form[NewForm],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        categories: NamedDependency[CategoryService],
    ) -> Template | Redirect:
        """Add a category."""
        try:
            form = data.fields
            await categories.add(actor, form.name, form.parent_id)
        except (Invalid, Conflict) as refusal:
            filled = data.refused(_at_name(refusal))
            return await _tree(screen, actor, categories, filled)
        return screen.go(DESK, "category-created")

    @get("/{category_id:uuid}")
    async def show(
        self,
        category_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        categories: NamedDependency[CategoryService],
    ) -> Template:
        """Show a category."""
        return await _show(screen, actor, categories, category_id)

    @post("/{category_id:uuid}")
    async def rename(
        self,
        category_id: FromPath[UUID],
        data: Form[NameForm],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        categories: NamedDependency[CategoryService],
    ) -> Template | Redirect:
        """Give a category another name."""
        try:
            await categories.rename(actor, CategoryId(category_id), data.fields.name)
        except (Invalid, Conflict) as refusal:
            filled = data.refused(_at_name(refusal))
            return await _show(screen, actor, categories, category_id, filled=filled)
        return screen.go(f"{DESK}/{category_id}", "category-renamed")

    @post("/{category_id:uuid}/remove")
    async def remove(
        self,
        category_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        categories: NamedDependency[CategoryService],
    ) -> Template | Redirect:
        """Remove an empty category."""
        try:
            await categories.remove(actor, CategoryId(category_id))
        except Conflict as refusal:
            return await _show(screen, actor, categories, category_id, refusal=refusal)
        return screen.go(DESK, "category-removed")


def _at_name(refusal: Invalid | Conflict) -> Invalid | Conflict:
    """Return the refusal of a name that is taken as one of the field."""
    if refusal.code != "taken":
        return refusal
    return Conflict(refusal.message, Problem("name", refusal.message, "taken"))


async def _tree(
    screen: Screen, actor: Actor, categories: CategoryService, filled: Filled[NewForm]
) -> Template:
    found = await categories.list(actor)
    view = TreeView(
        rows=tuple(row_of(one) for one in found), parents=parents_of(found), filled=filled
    )
    return await screen.show(
        "pages/categories/tree.html",
        view,
        crumbs=(Crumb(_CRUMB.label),),
        status=filled.status,
    )


async def _show(
    screen: Screen,
    actor: Actor,
    categories: CategoryService,
    category_id: UUID,
    *,
    filled: Filled[NameForm] | None = None,
    refusal: Conflict | None = None,
) -> Template:
    found = await categories.list(actor)
    category = next((one for one in found if one.id == category_id), None)
    if category is None:
        raise NotFound("There is no such category.")
    filled = filled or Filled.of(NameForm(name=category.name))
    below = f"{category.path}/"
    view = CategoryView(
        here=f"{DESK}/{category.id}",
        name=category.name,
        above=category.path.rpartition("/")[0].replace("/", " / "),
        filled=filled,
        below=tuple(row_of(one) for one in found if one.path.startswith(below)),
        products=products_in(category),
        add_below=f"{DESK}?parent={category.id}#name",
        problems=(Problem("", refusal.message, refusal.code),) if refusal else (),
    )
    crumbs = (_CRUMB, Crumb(category.name))
    status = 409 if refusal else filled.status
    return await screen.show(
        "pages/categories/category.html", view, crumbs=crumbs, status=status
    )
