"""What Prometheus may count: requests by route, and what waits in the outbox."""

from collections.abc import Awaitable, Callable

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from adapters.http.calls import AnyRequest, call_of
from adapters.http.csrf import PUBLIC
from adapters.http.network import Network
from portal_core.automation.views import OutboxStatus
from portal_core.errors import NotFound

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

OutboxReader = Callable[[], Awaitable[OutboxStatus]]


class Metrics:
    """The measurements of this process, or of all that share a folder for them."""

    def __init__(
        self, *, version: str, outbox: OutboxReader | None = None, shared: str = ""
    ) -> None:
        self._registry = CollectorRegistry()
        self._shared = shared
        self._outbox = outbox
        self._requests = Counter(
            "portal_requests", "Requests answered.", ("method", "route", "status"),
            registry=self._registry,
        )  # fmt: skip
        self._latency = Histogram(
            "portal_request_seconds", "Time to answer.", ("method", "route"),
            buckets=_SECONDS, registry=self._registry,
        )  # fmt: skip
        self._deliveries = Gauge(
            "portal_outbox_deliveries", "Deliveries not done, by state.", ("state",),
            registry=self._registry, multiprocess_mode="mostrecent",
        )  # fmt: skip
        self._oldest = Gauge(
            "portal_outbox_oldest_due_timestamp_seconds",
            "Since when the oldest due delivery has been waiting; 0 if none is.",
            registry=self._registry,
            multiprocess_mode="mostrecent",
        )
        build = Gauge(
            "portal_build_info", "What runs here.", ("version",),
            registry=self._registry, multiprocess_mode="mostrecent",
        )  # fmt: skip
        build.labels(version).set(1)

    def note(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        method = method if method in _METHODS else "other"
        self._requests.labels(method, route, str(status)).inc()
        self._latency.labels(method, route).observe(seconds)

    async def text(self) -> bytes:
        """Return all measurements in Prometheus' text format."""
        if self._outbox is not None:
            status = await self._outbox()
            self._deliveries.labels("pending").set(status.pending)
            self._deliveries.labels("due").set(status.due)
            self._deliveries.labels("failed").set(status.failed)
            oldest = status.oldest_due_at
            self._oldest.set(oldest.timestamp() if oldest else 0)
        if not self._shared:
            return generate_latest(self._registry)
        everybody = CollectorRegistry()
        MultiProcessCollector(everybody, path=self._shared)  # type: ignore[no-untyped-call]
        return generate_latest(everybody)


_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


class MetricsPage(Controller):
    """For our own networks only; to everybody else there is no such page."""

    opt = {PUBLIC: True}  # noqa: RUF012 - Litestar reads it so

    @get("/metrics")
    async def show(
        self,
        request: AnyRequest,
        metrics: NamedDependency[Metrics],
        network: NamedDependency[Network],
    ) -> Response[bytes]:
        """Show the measurements."""
        if not network.inside(call_of(request)):
            raise NotFound("There is no such page.")
        return Response(await metrics.text(), media_type=CONTENT_TYPE_LATEST)
