"""The rooms in which the MSP registers receivers of webhooks."""

from datetime import datetime
from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from adapters.http.forms import Filled, Form
from adapters.http.pages.companies.naming import company_named, suggestions
from adapters.http.pages.endpoints.views import (
    DESK,
    FORMATS,
    EndpointForm,
    EndpointView,
    ListView,
    NewView,
    events_of,
    form_of,
    look_of,
    row_of,
)
from adapters.http.screen import Screen
from adapters.http.shell import Crumb
from portal_core.automation.model import Endpoint
from portal_core.automation.webhooks import EndpointService
from portal_core.companies.companies import CompanyService
from portal_core.errors import Conflict, Invalid
from portal_core.identity.actor import Actor
from portal_core.ids import EndpointId

_CRUMB = Crumb("Endpoints", DESK)


class EndpointPages(Controller):
    """Receivers of webhooks."""

    path = DESK

    @get()
    async def list(
        self,
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        endpoints: NamedDependency[EndpointService],
    ) -> Template:
        """List the endpoints, oldest first."""
        found = await endpoints.list(actor)
        view = ListView(rows=tuple(row_of(endpoint) for endpoint in found))
        crumbs = (Crumb(_CRUMB.label),)
        return await screen.show("pages/endpoints/list.html", view, crumbs=crumbs)

    @get("/new")
    async def new(
        self,
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        companies: NamedDependency[CompanyService],
    ) -> Template:
        """Show an empty form."""
        filled = Filled.of(EndpointForm(events=("order.placed",)))
        return await _new(screen, actor, companies, filled)

    @post()
    async def create(
        self,
        data: Form[EndpointForm],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        endpoints: NamedDependency[EndpointService],
        companies: NamedDependency[CompanyService],
    ) -> Template:
        """Register an endpoint, and show its secret this once."""
        try:
            form = data.fields
            company = await company_named(actor, companies, form.company)
            details = form.details(company.id if company else None)
            endpoint = await endpoints.create(actor, details)
        except (Invalid, Conflict) as refusal:
            return await _new(screen, actor, companies, data.refused(refusal))
        return await _show(screen, actor, companies, endpoint, secret=endpoint.secrets[0])

    @get("/{endpoint_id:uuid}")
    async def show(
        self,
        endpoint_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        endpoints: NamedDependency[EndpointService],
        companies: NamedDependency[CompanyService],
    ) -> Template:
        """Show an endpoint, but not its secret."""
        endpoint = await endpoints.get(actor, EndpointId(endpoint_id))
        return await _show(screen, actor, companies, endpoint)

    @post("/{endpoint_id:uuid}")
    async def save(
        self,
        endpoint_id: FromPath[UUID],
        data: Form[EndpointForm],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        endpoints: NamedDependency[EndpointService],
        companies: NamedDependency[CompanyService],
    ) -> Template | Redirect:
        """Change an endpoint."""
        endpoint = await endpoints.get(actor, EndpointId(endpoint_id))
        try:
            form = data.fields
            company = await company_named(actor, companies, form.company)
            details = form.details(company.id if company else None, endpoint.legacy_key)
            await endpoints.edit(actor, endpoint.id, details, version=form.version)
        except (Invalid, Conflict) as refusal:
            filled = data.refused(refusal)
            return await _show(screen, actor, companies, endpoint, filled)
        return screen.go(f"{DESK}/{endpoint_id}", "endpoint-saved")

    @post("/{endpoint_id:uuid}/rotate")
    async def rotate(
        self,
        endpoint_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        endpoints: NamedDependency[EndpointService],
        companies: NamedDependency[CompanyService],
    ) -> Template:
        """Give an endpoint a new secret, and show it this once."""
        endpoint = await endpoints.rotate(actor, EndpointId(endpoint_id))
        return await _show(screen, actor, companies, endpoint, secret=endpoint.secrets[0])

    @post("/{endpoint_id:uuid}/test")
    async def test(
        self,
        endpoint_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        endpoints: NamedDependency[EndpointService],
    ) -> Redirect:
        """Send an endpoint a test, and go where one sees what came of it."""
        await endpoints.test(actor, EndpointId(endpoint_id))
        return screen.go(_deliveries(endpoint_id), "endpoint-tested")

    @post("/{endpoint_id:uuid}/disable")
    async def disable(
        self,
        endpoint_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        endpoints: NamedDependency[EndpointService],
    ) -> Redirect:
        """Send nothing more to an endpoint."""
        await endpoints.disable(actor, EndpointId(endpoint_id))
        return screen.go(f"{DESK}/{endpoint_id}", "endpoint-disabled")

    @post("/{endpoint_id:uuid}/enable")
    async def enable(
        self,
        endpoint_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        endpoints: NamedDependency[EndpointService],
    ) -> Redirect:
        """Send to an endpoint again."""
        await endpoints.enable(actor, EndpointId(endpoint_id))
        return screen.go(f"{DESK}/{endpoint_id}", "endpoint-enabled")

    @post("/{endpoint_id:uuid}/remove")
    async def remove(
        self,
        endpoint_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        endpoints: NamedDependency[EndpointService],
    ) -> Redirect:
        """Remove an endpoint."""
        await endpoints.remove(actor, EndpointId(endpoint_id))
        return screen.go(DESK, "endpoint-removed")


def _deliveries(endpoint_id: UUID) -> str:
    return f"/admin/deliveries?endpoint={endpoint_id}"


async def _new(
    screen: Screen,
    actor: Actor,
    companies: CompanyService,
    filled: Filled[EndpointForm],
) -> Template:
    view = NewView(
        filled=filled,
        companies=await suggestions(actor, companies),
        events=events_of(filled.values("events")),
        formats=FORMATS,
    )
    crumbs = (_CRUMB, Crumb("New endpoint"))
    return await screen.show(
        "pages/endpoints/new.html", view, crumbs=crumbs, status=filled.status
    )


async def _show(
    screen: Screen,
    actor: Actor,
    companies: CompanyService,
    endpoint: Endpoint,
    filled: Filled[EndpointForm] | None = None,
    *,
    secret: str = "",
) -> Template:
    if filled is None:
        filled = Filled.of(form_of(endpoint, await _slug(actor, companies, endpoint)))
    view = EndpointView(
        filled=filled,
        companies=await suggestions(actor, companies),
        events=events_of(filled.values("events")),
        formats=FORMATS,
        here=f"{DESK}/{endpoint.id}",
        url=endpoint.url,
        description=endpoint.description,
        look=look_of(endpoint),
        disabled=endpoint.disabled,
        has_key=bool(endpoint.legacy_key),
        secret=secret,
        overlap_ends_at=_overlap(endpoint),
        failing_since=endpoint.failing_since,
        created_at=endpoint.created_at,
        deliveries=_deliveries(endpoint.id),
    )
    crumbs = (_CRUMB, Crumb(endpoint.url))
    return await screen.show(
        "pages/endpoints/endpoint.html", view, crumbs=crumbs, status=filled.status
    )


def _overlap(endpoint: Endpoint) -> datetime | None:
    return endpoint.overlap_ends_at if len(endpoint.secrets) > 1 else None


async def _slug(actor: Actor, companies: CompanyService, endpoint: Endpoint) -> str:
    if endpoint.company_id is None:
        return ""
    return (await companies.get(actor, endpoint.company_id)).slug
