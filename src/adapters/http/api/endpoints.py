"""Receivers of webhooks over the API."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, Meta, Struct, UnsetType, field

from adapters.http.api.asking import expected_version, once_for, unless_stale
from adapters.http.api.operations import Conditional, Repeatable, needs
from adapters.http.api.wire import chosen, tagged
from adapters.http.calls import AnyRequest
from portal_core.automation.model import Endpoint, EndpointDetails, PayloadFormat
from portal_core.automation.webhooks import EndpointService
from portal_core.identity.actor import Actor
from portal_core.ids import CompanyId, EndpointId

Address = Annotated[str, Meta(max_length=2_000, examples=["https://example.com/hook"])]
Types = Annotated[
    list[str],
    Meta(description="Types, families or all", examples=[["order.*", "user.created"]]),
]


class EndpointBody(Struct, frozen=True, kw_only=True):
    """An endpoint. `company_id` null hears of every company."""

    id: UUID
    url: Address
    description: str
    events: Types
    company_id: UUID | None
    format: PayloadFormat
    disabled: bool
    failing_since: datetime | None
    created_at: datetime


class SecretEndpointBody(EndpointBody, frozen=True, kw_only=True):
    """An endpoint with the secret that signs what it gets (Standard Webhooks)."""

    secret: str


class EndpointsBody(Struct, frozen=True):
    """All endpoints, oldest first."""

    data: list[EndpointBody]


class NewEndpoint(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where to send what. The legacy format needs `legacy_key`, its `x-api-key`."""

    url: Address
    description: Annotated[str, Meta(max_length=200)] = ""
    events: Types = field(default_factory=lambda: ["*"])
    company_id: UUID | None = None
    format: PayloadFormat = PayloadFormat.STANDARD
    legacy_key: Annotated[str, Meta(max_length=200)] = ""


class EndpointChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change; what is left out stays."""

    url: Address | UnsetType = UNSET
    description: Annotated[str, Meta(max_length=200)] | UnsetType = UNSET
    events: Types | UnsetType = UNSET
    company_id: UUID | UnsetType | None = UNSET
    format: PayloadFormat | UnsetType = UNSET
    legacy_key: Annotated[str, Meta(max_length=200)] | UnsetType = UNSET


class EndpointApi(Controller):
    """Endpoints, for the MSP."""

    path = "/endpoints"
    tags = ("Webhooks",)

    @get(
        operation_id="listEndpoints",
        summary="List endpoints",
        security=needs("endpoints:read"),
    )
    async def list(
        self, actor: NamedDependency[Actor], endpoints: NamedDependency[EndpointService]
    ) -> EndpointsBody:
        """List every endpoint, oldest first; there are 50 at most."""
        return EndpointsBody([_body(one) for one in await endpoints.list(actor)])

    @post(
        operation_id="createEndpoint",
        summary="Register an endpoint",
        security=needs("endpoints:write"),
        operation_class=Repeatable,
    )
    async def create(
        self,
        request: AnyRequest,
        data: JSONBody[NewEndpoint],
        actor: NamedDependency[Actor],
        endpoints: NamedDependency[EndpointService],
    ) -> Response[SecretEndpointBody]:
        """Register an endpoint. The answer holds its secret."""
        details = EndpointDetails(
            url=data.url,
            description=data.description,
            events=tuple(data.events),
            company_id=_company(data.company_id),
            format=data.format,
            legacy_key=data.legacy_key,
        )
        once = await once_for(request, actor)
        endpoint = await endpoints.create(actor, details, once=once)
        location = f"/api/v1/endpoints/{endpoint.id}"
        return tagged(
            request,
            _secret_body(endpoint),
            endpoint.version,
            status=201,
            location=location,
        )

    @get(
        "/{endpoint_id:uuid}",
        operation_id="getEndpoint",
        summary="Get an endpoint",
        security=needs("endpoints:read"),
    )
    async def show(
        self,
        request: AnyRequest,
        endpoint_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        endpoints: NamedDependency[EndpointService],
    ) -> Response[EndpointBody]:
        """Get an endpoint, without its secret."""
        endpoint = await endpoints.get(actor, EndpointId(endpoint_id))
        return tagged(request, _body(endpoint), endpoint.version)

    @patch(
        "/{endpoint_id:uuid}",
        operation_id="changeEndpoint",
        summary="Change an endpoint",
        security=needs("endpoints:write"),
        operation_class=Conditional,
    )
    async def change(
        self,
        request: AnyRequest,
        endpoint_id: FromPath[UUID],
        data: JSONBody[EndpointChange],
        actor: NamedDependency[Actor],
        endpoints: NamedDependency[EndpointService],
    ) -> Response[EndpointBody]:
        """Change some of an endpoint."""
        version = expected_version(request)
        before = await endpoints.get(actor, EndpointId(endpoint_id))
        company_id = chosen(data.company_id, before.company_id)
        details = EndpointDetails(
            url=chosen(data.url, before.url),
            description=chosen(data.description, before.description),
            events=tuple(chosen(data.events, [*before.events])),
            company_id=_company(company_id),
            format=chosen(data.format, before.format),
            legacy_key=chosen(data.legacy_key, before.legacy_key),
        )
        with unless_stale():
            endpoint = await endpoints.edit(actor, before.id, details, version=version)
        return tagged(request, _body(endpoint), endpoint.version)

    @post(
        "/{endpoint_id:uuid}/rotate",
        operation_id="rotateEndpoint",
        summary="Give an endpoint a new secret",
        status_code=200,
        security=needs("endpoints:write"),
    )
    async def rotate(
        self,
        request: AnyRequest,
        endpoint_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        endpoints: NamedDependency[EndpointService],
    ) -> Response[SecretEndpointBody]:
        """Give the endpoint a new secret. For a day, the old one signs along."""
        endpoint = await endpoints.rotate(actor, EndpointId(endpoint_id))
        return tagged(request, _secret_body(endpoint), endpoint.version)

    @delete(
        "/{endpoint_id:uuid}",
        operation_id="removeEndpoint",
        summary="Remove an endpoint",
        security=needs("endpoints:write"),
    )
    async def remove(
        self,
        endpoint_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        endpoints: NamedDependency[EndpointService],
    ) -> None:
        """Remove an endpoint, with the deliveries that wait for it."""
        await endpoints.remove(actor, EndpointId(endpoint_id))


def _company(company_id: UUID | None) -> CompanyId | None:
    return None if company_id is None else CompanyId(company_id)


def _body(endpoint: Endpoint) -> EndpointBody:
    return EndpointBody(
        id=endpoint.id,
        url=endpoint.url,
        description=endpoint.description,
        events=list(endpoint.events),
        company_id=endpoint.company_id,
        format=endpoint.format,
        disabled=endpoint.disabled,
        failing_since=endpoint.failing_since,
        created_at=endpoint.created_at,
    )


def _secret_body(endpoint: Endpoint) -> SecretEndpointBody:
    body = _body(endpoint)
    values = {name: getattr(body, name) for name in body.__struct_fields__}
    return SecretEndpointBody(**values, secret=endpoint.secrets[0])
