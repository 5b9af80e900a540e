"""The rooms in which the MSP says who may vouch for people who sign in."""

from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from adapters.http.forms import Filled, Form
from adapters.http.house import house_of
from adapters.http.pages.companies.naming import company_named, suggestions
from adapters.http.pages.providers.views import (
    DESK,
    HELP,
    KINDS,
    EditView,
    ListView,
    NewView,
    ProviderForm,
    back_of,
    form_of,
    row_of,
)
from adapters.http.screen import Screen
from adapters.http.shell import Crumb
from portal_core.companies.companies import CompanyService
from portal_core.errors import Conflict, Invalid
from portal_core.identity.actor import Actor
from portal_core.identity.provider_settings import ProviderService
from portal_core.identity.providers import NAMES, Provider
from portal_core.ids import ProviderId, new_id

_SETTINGS = Crumb("Settings", "/admin/settings")
_CRUMB = Crumb("Sign-in providers", DESK)


class ProviderDeskPages(Controller):
    """Those who vouch for people who sign in."""

    path = DESK

    @get()
    async def list(
        self,
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        sign_in_providers: NamedDependency[ProviderService],
    ) -> Template:
        """List the providers, by name."""
        known = await sign_in_providers.list(actor)
        view = ListView(tuple(row_of(one) for one in known), KINDS)
        crumbs = (_SETTINGS, Crumb(_CRUMB.label))
        return await screen.show("pages/providers/list.html", view, crumbs=crumbs)

    @get("/new")
    async def new(
        self,
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        companies: NamedDependency[CompanyService],
    ) -> Template:
        """Show an empty form, with the address that the provider has to know."""
        wanted = screen.query(ProviderForm)
        form = ProviderForm(id=new_id(), kind=wanted.kind, name=NAMES[wanted.kind])
        return await _new(screen, actor, companies, Filled.of(form), form)

    @post()
    async def create(
        self,
        data: Form[ProviderForm],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        sign_in_providers: NamedDependency[ProviderService],
        companies: NamedDependency[CompanyService],
    ) -> Template | Redirect:
        """Add a provider."""
        form = data.fields
        try:
            company = await company_named(actor, companies, form.company)
            details = form.details(company.id if company else None)
            await sign_in_providers.add(actor, details, ProviderId(form.id))
        except (Invalid, Conflict) as refusal:
            return await _new(screen, actor, companies, data.refused(refusal), form)
        return screen.go(DESK, "provider-added")

    @get("/{provider_id:uuid}")
    async def show(
        self,
        provider_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        sign_in_providers: NamedDependency[ProviderService],
        companies: NamedDependency[CompanyService],
    ) -> Template:
        """Show a provider, but not its secret."""
        known = await sign_in_providers.get(actor, ProviderId(provider_id))
        slug = ""
        if known.company_id is not None:
            slug = (await companies.get(actor, known.company_id)).slug
        filled = Filled.of(form_of(known, slug))
        return await _edit(screen, actor, companies, known, filled)

    @post("/{provider_id:uuid}")
    async def save(
        self,
        provider_id: FromPath[UUID],
        data: Form[ProviderForm],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        sign_in_providers: NamedDependency[ProviderService],
        companies: NamedDependency[CompanyService],
    ) -> Template | Redirect:
        """Change a provider. An empty secret leaves the one that is there."""
        known = await sign_in_providers.get(actor, ProviderId(provider_id))
        try:
            form = data.fields
            company = await company_named(actor, companies, form.company)
            details = form.details(company.id if company else None)
            await sign_in_providers.change(actor, known.id, details, form.version)
        except (Invalid, Conflict) as refusal:
            filled = data.refused(refusal)
            return await _edit(screen, actor, companies, known, filled)
        return screen.go(DESK, "provider-saved")

    @post("/{provider_id:uuid}/remove")
    async def remove(
        self,
        provider_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        sign_in_providers: NamedDependency[ProviderService],
    ) -> Redirect:
        """Remove a provider, and everybody's links to it."""
        await sign_in_providers.remove(actor, ProviderId(provider_id))
        return screen.go(DESK, "provider-removed")


async def _new(
    screen: Screen,
    actor: Actor,
    companies: CompanyService,
    filled: Filled[ProviderForm],
    form: ProviderForm,
) -> Template:
    view = NewView(
        filled=filled,
        kind=form.kind,
        kind_name=NAMES[form.kind],
        help=HELP[form.kind],
        back=back_of(house_of(screen.request).public_url, form.id),
        companies=await suggestions(actor, companies),
    )
    crumbs = (_SETTINGS, _CRUMB, Crumb(f"New: {view.kind_name}"))
    return await screen.show(
        "pages/providers/new.html", view, crumbs=crumbs, status=filled.status
    )


async def _edit(
    screen: Screen,
    actor: Actor,
    companies: CompanyService,
    known: Provider,
    filled: Filled[ProviderForm],
) -> Template:
    view = EditView(
        filled=filled,
        id=str(known.id),
        name=known.name,
        kind=known.kind,
        help=HELP[known.kind],
        back=back_of(house_of(screen.request).public_url, known.id),
        companies=await suggestions(actor, companies),
    )
    crumbs = (_SETTINGS, _CRUMB, Crumb(known.name))
    return await screen.show(
        "pages/providers/edit.html", view, crumbs=crumbs, status=filled.status
    )
