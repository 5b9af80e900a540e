"""The rooms in which the MSP hands out keys."""

from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from adapters.http.forms import Filled, Form
from adapters.http.pages.companies.naming import (
    MOST_SUGGESTIONS,
    company_named,
    suggestions,
)
from adapters.http.pages.keys.views import (
    DESK,
    KeyForm,
    ListView,
    NewView,
    SecretView,
    row_of,
    scopes_of,
)
from adapters.http.screen import Screen
from adapters.http.shell import Crumb
from portal_core.clock import Clock
from portal_core.companies.companies import CompanyService
from portal_core.errors import Invalid
from portal_core.identity.actor import Actor
from portal_core.identity.api_keys import ApiKeyService
from portal_core.ids import KeyId
from portal_core.paging import Window

_CRUMB = Crumb("API keys", DESK)


class KeyPages(Controller):
    """Keys that act without a person."""

    path = DESK

    @get()
    async def list(
        self,
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        api_keys: NamedDependency[ApiKeyService],
        companies: NamedDependency[CompanyService],
        clock: NamedDependency[Clock],
    ) -> Template:
        """List the keys, newest first."""
        keys = await api_keys.list(actor)
        known = await companies.page(actor, "", Window(MOST_SUGGESTIONS))
        names = {one.id: one.name for one in known.items}
        now = clock()
        view = ListView(rows=tuple(row_of(key, names, now) for key in keys))
        crumbs = (Crumb(_CRUMB.label),)
        return await screen.show("pages/keys/list.html", view, crumbs=crumbs)

    @get("/new")
    async def new(
        self,
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        companies: NamedDependency[CompanyService],
    ) -> Template:
        """Show an empty form."""
        return await _new(screen, actor, companies, Filled.of(KeyForm()))

    @post()
    async def create(
        self,
        data: Form[KeyForm],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        api_keys: NamedDependency[ApiKeyService],
        companies: NamedDependency[CompanyService],
    ) -> Template:
        """Make a key, and show it this once."""
        try:
            form = data.fields
            company = await company_named(actor, companies, form.company)
            key, text = await api_keys.create(
                actor,
                name=form.name,
                scopes=form.scope,
                company_id=company.id if company else None,
                lifetime=form.lifetime,
                networks=form.networks,
            )
        except Invalid as refusal:
            return await _new(screen, actor, companies, data.refused(refusal))
        view = SecretView(
            name=key.name,
            text=text,
            company=company.name if company else "All companies",
            expires_at=key.expires_at,
        )
        crumbs = (_CRUMB, Crumb(key.name))
        return await screen.show("pages/keys/secret.html", view, crumbs=crumbs)

    @post("/{key_id:uuid}/revoke")
    async def revoke(
        self,
        key_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        api_keys: NamedDependency[ApiKeyService],
    ) -> Redirect:
        """Withdraw a key."""
        await api_keys.revoke(actor, KeyId(key_id))
        return screen.go(DESK, "key-revoked")


async def _new(
    screen: Screen, actor: Actor, companies: CompanyService, filled: Filled[KeyForm]
) -> Template:
    view = NewView(
        filled=filled,
        companies=await suggestions(actor, companies),
        scopes=scopes_of(filled.values("scope")),
    )
    crumbs = (_CRUMB, Crumb("New key"))
    return await screen.show(
        "pages/keys/new.html", view, crumbs=crumbs, status=filled.status
    )
