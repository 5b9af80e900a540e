"""The room of a company's variables."""

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from adapters.http.forms import Filled, Form
from adapters.http.pages.variables.views import (
    VariableForm,
    VariablesView,
    kinds,
    variable_of,
)
from adapters.http.screen import Screen
from adapters.http.shell import Crumb
from portal_core.companies.companies import CompanyService
from portal_core.companies.model import Company
from portal_core.companies.variables import VariableService
from portal_core.errors import Conflict, Invalid
from portal_core.identity.actor import Actor

COMPANIES = "/admin/companies"


class VariablePages(Controller):
    """What forms and automation should know of a company."""

    path = f"{COMPANIES}/{{slug:str}}/variables"

    @get()
    async def list(
        self,
        slug: FromPath[str],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        companies: NamedDependency[CompanyService],
        variables: NamedDependency[VariableService],
    ) -> Template:
        """List the variables, by name."""
        company = await companies.get_by_slug(actor, slug)
        filled = Filled.of(VariableForm())
        return await _show(screen, actor, company, variables, filled)

    @post()
    async def set(
        self,
        slug: FromPath[str],
        data: Form[VariableForm],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        companies: NamedDependency[CompanyService],
        variables: NamedDependency[VariableService],
    ) -> Template | Redirect:
        """Set a variable, new or in place of another."""
        company = await companies.get_by_slug(actor, slug)
        try:
            form = data.fields
            await variables.set(
                actor, company.id, name=form.name, kind=form.kind, value=form.value
            )
        except (Invalid, Conflict) as refusal:
            filled = data.refused(refusal)
            return await _show(screen, actor, company, variables, filled)
        return screen.go(f"{COMPANIES}/{slug}/variables", "variable-set")

    @post("/{name:str}/remove")
    async def remove(
        self,
        slug: FromPath[str],
        name: FromPath[str],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        companies: NamedDependency[CompanyService],
        variables: NamedDependency[VariableService],
    ) -> Redirect:
        """Remove a variable."""
        company = await companies.get_by_slug(actor, slug)
        await variables.remove(actor, company.id, name)
        return screen.go(f"{COMPANIES}/{slug}/variables", "variable-removed")


async def _show(
    screen: Screen,
    actor: Actor,
    company: Company,
    variables: VariableService,
    filled: Filled[VariableForm],
) -> Template:
    desk = f"{COMPANIES}/{company.slug}"
    here = f"{desk}/variables"
    found = await variables.list(actor, company.id)
    view = VariablesView(
        name=company.name,
        here=here,
        filled=filled,
        variables=tuple(variable_of(one, here) for one in found),
        kinds=kinds(),
    )
    crumbs = (
        Crumb("Companies", COMPANIES),
        Crumb(company.name, desk),
        Crumb("Variables"),
    )
    return await screen.show(
        "pages/variables/variables.html", view, crumbs=crumbs, status=filled.status
    )
