"""The room in which a company becomes history, or goes for good."""

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from adapters.http.forms import Filled, Form
from adapters.http.pages.companies.views import (
    DESK,
    ArchiveForm,
    DeleteForm,
    EndView,
    RestoreForm,
)
from adapters.http.screen import Screen
from adapters.http.shell import Crumb
from portal_core.companies.companies import CompanyService
from portal_core.companies.model import Company
from portal_core.errors import Conflict, Invalid
from portal_core.identity.actor import Actor


class EndPages(Controller):
    """Archiving, restoring and deleting a company."""

    path = f"{DESK}/{{slug:str}}"

    @get("/end")
    async def show(
        self,
        slug: FromPath[str],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        companies: NamedDependency[CompanyService],
    ) -> Template:
        """Say what archiving and deleting would do."""
        company = await companies.get_by_slug(actor, slug)
        return await _show(screen, actor, companies, company)

    @post("/archive")
    async def archive(
        self,
        slug: FromPath[str],
        data: Form[ArchiveForm],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        companies: NamedDependency[CompanyService],
    ) -> Template | Redirect:
        """Make the company history."""
        company = await companies.get_by_slug(actor, slug)
        try:
            form = data.fields
            await companies.archive(actor, company.id, form.reason, version=form.version)
        except (Invalid, Conflict) as refusal:
            filled = data.refused(refusal)
            return await _show(screen, actor, companies, company, archiving=filled)
        return screen.go(f"{DESK}/{slug}", "company-archived")

    @post("/restore")
    async def restore(
        self,
        slug: FromPath[str],
        data: Form[RestoreForm],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        companies: NamedDependency[CompanyService],
    ) -> Redirect:
        """Let the company's people in again."""
        company = await companies.get_by_slug(actor, slug)
        await companies.restore(actor, company.id, version=data.fields.version)
        return screen.go(f"{DESK}/{slug}", "company-restored")

    @post("/delete")
    async def delete(
        self,
        slug: FromPath[str],
        data: Form[DeleteForm],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        companies: NamedDependency[CompanyService],
    ) -> Template | Redirect:
        """Remove the company with all that is its own."""
        company = await companies.get_by_slug(actor, slug)
        try:
            await companies.delete(actor, company.id, data.fields.confirm)
        except (Invalid, Conflict) as refusal:
            filled = data.refused(refusal)
            return await _show(screen, actor, companies, company, deleting=filled)
        return screen.go(DESK, "company-deleted")


async def _show(
    screen: Screen,
    actor: Actor,
    companies: CompanyService,
    company: Company,
    *,
    archiving: Filled[ArchiveForm] | None = None,
    deleting: Filled[DeleteForm] | None = None,
) -> Template:
    contents = await companies.contents(actor, company.id)
    here = f"{DESK}/{company.slug}"
    view = EndView(
        name=company.name,
        here=here,
        archiving=archiving or Filled.of(ArchiveForm(version=company.version)),
        deleting=deleting or Filled.of(DeleteForm()),
        contents=(
            ("Members, who lose access but keep their accounts", contents.members),
            ("API keys", contents.keys),
            ("Endpoints", contents.endpoints),
            ("Custom roles", contents.roles),
        ),
        orders=contents.orders,
        archived=company.archived,
    )
    crumbs = (Crumb("Companies", DESK), Crumb(company.name, here), Crumb("End"))
    status = max(view.archiving.status, view.deleting.status)
    return await screen.show("pages/companies/end.html", view, crumbs=crumbs, status=status)
