"""The web application: the one place where the container meets Litestar."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from functools import partial
from importlib.metadata import version
from typing import Any

from dependency_injector.providers import Provider
from litestar import Litestar, Router
from litestar.di import Provide

from adapters.http.api.document import document
from adapters.http.api.reference import Document, ReferencePages
from adapters.http.api.router import api_router
from adapters.http.csrf import FormGuard
from adapters.http.errors import show_error
from adapters.http.forms import FORM_DECODERS
from adapters.http.front_door import front_door
from adapters.http.health import ReadinessProbe, SecurityContact, Wayside
from adapters.http.house import House
from adapters.http.limits import Buckets
from adapters.http.metrics import Metrics, MetricsPage
from adapters.http.network import Network
from adapters.http.pages.account.controller import AccountPages
from adapters.http.pages.account.security import SecurityPages
from adapters.http.pages.cart.controller import CartPages
from adapters.http.pages.categories.controller import CategoryPages
from adapters.http.pages.companies.controller import CompanyPages
from adapters.http.pages.companies.ending import EndPages
from adapters.http.pages.deliveries.controller import DeliveryPages
from adapters.http.pages.endpoints.controller import EndpointPages
from adapters.http.pages.gallery.controller import Gallery
from adapters.http.pages.home.controller import Homes
from adapters.http.pages.imports.controller import ImportPages
from adapters.http.pages.keys.controller import KeyPages
from adapters.http.pages.orders.controller import OrderDeskPages, OrderPages
from adapters.http.pages.passwords.controller import PasswordPages
from adapters.http.pages.people.controller import PeoplePages
from adapters.http.pages.policies.controller import PolicyPages
from adapters.http.pages.price_lists.controller import PriceListPages
from adapters.http.pages.products.aspects import AspectPages
from adapters.http.pages.products.controller import ProductPages
from adapters.http.pages.providers.controller import ProviderDeskPages
from adapters.http.pages.rights.controller import CeilingPages, RightsPages
from adapters.http.pages.roles.controller import MspRolePages, RolePages
from adapters.http.pages.settings.controller import SettingsPages
from adapters.http.pages.setup.controller import SetupPages
from adapters.http.pages.shop.controller import ShopPages
from adapters.http.pages.sign_in.controller import SignInPages
from adapters.http.pages.sign_in.providers import ProviderPages
from adapters.http.pages.users.controller import UserPages
from adapters.http.pages.users.msp import MspPeoplePages
from adapters.http.pages.users.security import UserSecurityPages
from adapters.http.pages.variables.controller import VariablePages
from adapters.http.screen import Surroundings, porch, screen, shell
from adapters.http.session import actor_of, visit_by_session
from adapters.http.static_files import read_manifest, static_routes
from adapters.http.templating import template_config
from entrypoints.container import Container, closing
from entrypoints.settings import Settings
from entrypoints.worker import working
from portal_core.identity.actor import Actor
from portal_core.subscriptions import SUBSCRIPTIONS

PAGES = (
    SignInPages,
    ProviderPages,
    PasswordPages,
    SetupPages,
    Homes,
    AccountPages,
    SecurityPages,
    ShopPages,
    CartPages,
    OrderPages,
    OrderDeskPages,
    PeoplePages,
    RightsPages,
    CeilingPages,
    RolePages,
    MspRolePages,
    CompanyPages,
    EndPages,
    UserPages,
    UserSecurityPages,
    MspPeoplePages,
    ProductPages,
    AspectPages,
    CategoryPages,
    PriceListPages,
    ImportPages,
    KeyPages,
    SettingsPages,
    ProviderDeskPages,
    PolicyPages,
    VariablePages,
    DeliveryPages,
    EndpointPages,
)
SERVICES = (
    "access",
    "api_keys",
    "carts",
    "catalogue",
    "categories",
    "companies",
    "deliveries",
    "endpoints",
    "factors",
    "federation",
    "imports",
    "memberships",
    "msp_people",
    "orders",
    "overview",
    "passwords",
    "policies",
    "portal_settings",
    "price_lists",
    "roles",
    "sessions",
    "setup",
    "shop",
    "sign_in",
    "sign_in_providers",
    "users",
    "variables",
)
"""What handlers may ask for, by the names that the container gives."""

LARGEST_BODY = 1_000_000
SHARED_METRICS = "PROMETHEUS_MULTIPROC_DIR"
"""Where several processes put their measurements together: a name of prometheus_client."""


def create_app(container: Container, *, development: bool = False) -> Litestar:
    """Return the web application, ready to serve."""
    settings: Settings = container.settings().serving()
    house = House(
        public_url=settings.public_url,
        signer=container.signer(),
        currency=settings.currency,
        time_zone=settings.time_zone,
    )
    network = Network(
        public_url=settings.public_url, trusted_proxies=settings.trusted_proxies
    )
    metrics = Metrics(
        version=version("atrium-portal"),
        outbox=partial(container.deliveries().status, Actor.system("metrics")),
        shared=os.environ.get(SHARED_METRICS, ""),
    )
    manifest = read_manifest()
    pages = Router(
        "/",
        route_handlers=[*PAGES, *([Gallery] if development else [])],
        include_in_schema=False,
    )
    app = Litestar(
        route_handlers=[
            pages,
            api_router(),
            ReferencePages,
            Wayside,
            MetricsPage,
            *static_routes(manifest),
        ],
        dependencies={
            **{name: provide(getattr(container, name)) for name in SERVICES},
            **_of_the_house(container, house, network, metrics),
        },
        exception_handlers={Exception: show_error},
        middleware=[FormGuard(container.access, container.factors)],
        type_decoders=FORM_DECODERS,
        template_config=template_config(
            manifest, home_currency=settings.currency, development=development
        ),
        request_max_body_size=LARGEST_BODY,
        lifespan=[_lifespan(container)],
        openapi_config=None,
        logging_config=None,
    )
    app.state.house = house
    app.asgi_handler = front_door(
        app.asgi_handler, network=network, metrics=metrics, buckets=Buckets()
    )
    return app


def provide(provider: Provider[Any]) -> Provide:
    """Let a handler ask for what the container provides."""

    def resolve() -> Any:  # Litestar reads signatures, and a provider has none.
        return provider()

    return Provide(resolve, sync_to_thread=False)


def given(value: Any) -> Provide:
    """Let a handler ask for a thing that there is only one of."""

    def resolve() -> Any:
        return value

    return Provide(resolve, sync_to_thread=False)


def _of_the_house(
    container: Container, house: House, network: Network, metrics: Metrics
) -> dict[str, Provide]:
    surroundings = Surroundings(
        house=house,
        overview=container.overview(),
        settings=container.portal_settings(),
    )
    contact = container.settings().mail_from
    return {
        "visit": Provide(visit_by_session),
        "actor": Provide(actor_of, sync_to_thread=False),
        "screen": Provide(screen, sync_to_thread=False),
        "porch": Provide(porch, sync_to_thread=False),
        "shell": Provide(shell),
        "surroundings": given(surroundings),
        "clock": given(container.clock()),
        "metrics": given(metrics),
        "network": given(network),
        "readiness": given(ReadinessProbe(container.readiness())),
        "security": given(SecurityContact(house, container.clock(), contact)),
        "document": given(_document(house)),
    }


def _document(house: House) -> Document:
    return Document(
        partial(
            document,
            public_url=house.public_url,
            version=version("atrium-portal"),
            events=tuple(SUBSCRIPTIONS),
            dependencies={name: given(None) for name in (*SERVICES, "actor")},
        )
    )


def _lifespan(container: Container) -> Any:
    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        embedded = container.settings().embedded
        async with closing(container), working(container) if embedded else nullcontext():
            yield

    return lifespan
