"""What every request passes before the router, and every answer on its way out."""

from litestar.types import ASGIApp

from adapters.http.access_log import AccessLog
from adapters.http.headers import SecurityHeaders
from adapters.http.limits import Buckets, Limits
from adapters.http.methods import Methods
from adapters.http.metrics import Metrics
from adapters.http.network import Doorstep, HostCheck, Network


def front_door(
    app: ASGIApp, *, network: Network, metrics: Metrics, buckets: Buckets
) -> ASGIApp:
    """Return the application with all that must hold for every address, known or not.

    Litestar's own middleware runs only where a route was found; this runs always.
    """
    guarded = HostCheck(Limits(Methods(app), buckets), network)
    headed = SecurityHeaders(guarded, https=network.https)
    return Doorstep(AccessLog(headed, metrics), network)
