"""All of the REST API, below one address. Keys open it, and nothing else."""

from litestar import Router
from litestar.di import Provide

from adapters.http.api.asking import asked, refuse_unknown_parameters
from adapters.http.api.catalogue import CategoryApi, PriceListApi, ProductApi
from adapters.http.api.companies import CompanyApi
from adapters.http.api.endpoints import EndpointApi
from adapters.http.api.memberships import MemberApi, MspRoleApi, RoleApi
from adapters.http.api.orders import OrderApi, OrderDeskApi
from adapters.http.api.shop import CartApi, ShopApi
from adapters.http.api.variables import VariableApi
from adapters.http.session import visit_by_key

ROOT = "/api/v1"
CONTROLLERS = (
    CompanyApi,
    MemberApi,
    RoleApi,
    VariableApi,
    MspRoleApi,
    ShopApi,
    CartApi,
    OrderApi,
    OrderDeskApi,
    ProductApi,
    CategoryApi,
    PriceListApi,
    EndpointApi,
)


def api_router() -> Router:
    """Return the routes of the API."""
    return Router(
        ROOT,
        route_handlers=CONTROLLERS,
        before_request=refuse_unknown_parameters,
        dependencies={
            "visit": Provide(visit_by_key),
            "asked": Provide(asked, sync_to_thread=False),
        },
    )
