"""Endpoints: registering receivers of webhooks, and sending to them."""

from collections.abc import Sequence
from datetime import timedelta

from msgspec.structs import replace

from portal_core.automation.events import (
    EndpointCreated,
    EndpointDisabled,
    EndpointEnabled,
    EndpointRemoved,
    EndpointSecretRotated,
    EndpointTested,
    EndpointUpdated,
)
from portal_core.automation.model import Endpoint, EndpointDetails, PayloadFormat
from portal_core.automation.payloads import legacy_body, signed_headers, standard_body
from portal_core.automation.ports import (
    AddressGuard,
    AutomationDatabase,
    AutomationWork,
    Sent,
    WebhookClient,
)
from portal_core.clock import Clock
from portal_core.commerce.events import OrderPlaced
from portal_core.delivery import Due, GiveUp, TryLater
from portal_core.errors import Conflict, Forbidden, NotFound, Unavailable
from portal_core.idempotency import Once, answered_once
from portal_core.identity.actor import Actor
from portal_core.identity.permissions import Permission
from portal_core.ids import EndpointId

MOST_ENDPOINTS = 50
PATIENCE = timedelta(days=5)
"""After how long of failing without a break an endpoint is disabled."""

_GONE = 410
_SUCCESS = range(200, 300)
_REDIRECT = range(300, 400)
_FIELDS = ("url", "description", "events", "company_id", "format", "legacy_key")


class EndpointService:
    """The MSP's receivers of webhooks."""

    def __init__(
        self, *, database: AutomationDatabase, guard: AddressGuard, clock: Clock
    ) -> None:
        self._database = database
        self._guard = guard
        self._clock = clock

    async def list(self, actor: Actor) -> Sequence[Endpoint]:
        """Return every endpoint, oldest first."""
        actor.require(Permission.MANAGE_DELIVERIES)
        async with self._database.read() as work:
            return await work.endpoints.list()

    async def get(self, actor: Actor, endpoint_id: EndpointId) -> Endpoint:
        """Return the endpoint. Raises NotFound."""
        actor.require(Permission.MANAGE_DELIVERIES)
        async with self._database.read() as work:
            return await work.endpoints.get(endpoint_id)

    async def create(
        self, actor: Actor, details: EndpointDetails, *, once: Once | None = None
    ) -> Endpoint:
        """Register an endpoint with a fresh secret.

        Raises Invalid, also for an address that we may not reach; Conflict for too many.
        """
        actor.require(Permission.MANAGE_DELIVERIES)
        details = details.checked()
        await self._guard.check(details.url)
        endpoint = Endpoint.create(details, at=self._clock())
        async with self._database.begin() as work:

            async def add() -> EndpointId:
                if len(await work.endpoints.list()) >= MOST_ENDPOINTS:
                    message = f"There are {MOST_ENDPOINTS} endpoints; remove one first."
                    raise Conflict(message)
                await _check_company(work, details)
                await work.endpoints.add(endpoint)
                stamp = actor.stamp(endpoint.created_at)
                work.emit(
                    EndpointCreated(stamp=stamp, endpoint_id=endpoint.id, url=endpoint.url)
                )
                return endpoint.id

            # only the id is stored as the answer: the endpoint holds secrets
            made, _ = await answered_once(work.answers, once, EndpointId, add)
            return await work.endpoints.get(made)

    async def edit(
        self,
        actor: Actor,
        endpoint_id: EndpointId,
        details: EndpointDetails,
        *,
        version: int,
    ) -> Endpoint:
        """Change the endpoint. Raises Invalid, NotFound, and Conflict if it is stale."""
        actor.require(Permission.MANAGE_DELIVERIES)
        details = details.checked()
        await self._guard.check(details.url)
        async with self._database.begin() as work:
            before = await work.endpoints.get(endpoint_id)
            await _check_company(work, details)
            values = {field: getattr(details, field) for field in _FIELDS}
            changed = tuple(f for f in _FIELDS if values[f] != getattr(before, f))
            endpoint = replace(before, **values, version=version + 1)
            await work.endpoints.save(endpoint)
            stamp = actor.stamp(self._clock())
            event = EndpointUpdated(
                stamp=stamp, endpoint_id=endpoint_id, url=endpoint.url, changed=changed
            )
            work.emit(event)
        return endpoint

    async def rotate(self, actor: Actor, endpoint_id: EndpointId) -> Endpoint:
        """Give the endpoint a new secret; the old one signs along for a day."""
        actor.require(Permission.MANAGE_DELIVERIES)
        now = self._clock()
        async with self._database.begin() as work:
            endpoint = (await work.endpoints.get(endpoint_id)).rotated(at=now)
            endpoint = await _save(work, endpoint)
            stamp = actor.stamp(now)
            work.emit(
                EndpointSecretRotated(
                    stamp=stamp, endpoint_id=endpoint_id, url=endpoint.url
                )
            )
        return endpoint

    async def disable(self, actor: Actor, endpoint_id: EndpointId) -> None:
        """Send nothing more to the endpoint. Doing so twice changes nothing."""
        actor.require(Permission.MANAGE_DELIVERIES)
        async with self._database.begin() as work:
            endpoint = await work.endpoints.get(endpoint_id)
            if not endpoint.disabled:
                await _disable(work, endpoint, actor, self._clock, "by an administrator")

    async def enable(self, actor: Actor, endpoint_id: EndpointId) -> None:
        """Send to the endpoint again, from the next event on."""
        actor.require(Permission.MANAGE_DELIVERIES)
        async with self._database.begin() as work:
            endpoint = await work.endpoints.get(endpoint_id)
            if endpoint.disabled:
                await _save(work, replace(endpoint, disabled=False, failing_since=None))
                stamp = actor.stamp(self._clock())
                work.emit(
                    EndpointEnabled(stamp=stamp, endpoint_id=endpoint_id, url=endpoint.url)
                )

    async def remove(self, actor: Actor, endpoint_id: EndpointId) -> None:
        """Remove the endpoint, with the deliveries that wait for it. Raises NotFound."""
        actor.require(Permission.MANAGE_DELIVERIES)
        async with self._database.begin() as work:
            endpoint = await work.endpoints.get(endpoint_id)
            await work.endpoints.remove(endpoint_id)
            stamp = actor.stamp(self._clock())
            work.emit(
                EndpointRemoved(stamp=stamp, endpoint_id=endpoint_id, url=endpoint.url)
            )

    async def test(self, actor: Actor, endpoint_id: EndpointId) -> None:
        """Send the endpoint a test, by the same way as everything else."""
        actor.require(Permission.MANAGE_DELIVERIES)
        async with self._database.begin() as work:
            endpoint = await work.endpoints.get(endpoint_id)
            if endpoint.disabled:
                raise Conflict("The endpoint is disabled. Enable it first.")
            stamp = actor.stamp(self._clock())
            work.emit(
                EndpointTested(stamp=stamp, endpoint_id=endpoint_id, url=endpoint.url)
            )


class WebhookSender:
    """Brings events to endpoints."""

    def __init__(
        self, *, database: AutomationDatabase, client: WebhookClient, clock: Clock
    ) -> None:
        self._database = database
        self._client = client
        self._clock = clock

    async def deliver(self, due: Due) -> str:
        """Send the event to the endpoint that the delivery names.

        Raises GiveUp if the endpoint is gone or may not be reached, TryLater otherwise.
        """
        endpoint, body, headers = await self._prepared(due)
        try:
            sent = await self._client.post(endpoint.url, body, headers)
        except Forbidden as refusal:
            raise GiveUp(refusal.message) from refusal
        except Unavailable as failure:
            await self._failed(endpoint)
            raise TryLater(failure.message) from failure
        if sent.status in _SUCCESS:
            await self._succeeded(endpoint)
            return _told(sent)
        if sent.status == _GONE:
            await self._disable(endpoint, "it answered 410 Gone")
            raise GiveUp(_told(sent))
        await self._failed(endpoint)
        after = timedelta(seconds=sent.retry_after) if sent.retry_after else None
        raise TryLater(_told(sent), after=after)

    async def _prepared(self, due: Due) -> tuple[Endpoint, bytes, dict[str, str]]:
        async with self._database.read() as work:
            try:
                endpoint = await work.endpoints.get(EndpointId(_target(due)))
            except NotFound as error:
                raise GiveUp("The endpoint was removed.") from error
            if endpoint.disabled:
                raise GiveUp("The endpoint is disabled.")
            body = await _body(work, endpoint, due)
        now = self._clock()
        secrets = endpoint.signing_secrets(now)
        headers = signed_headers(due.delivery.id, now, body, secrets)
        if endpoint.format is PayloadFormat.LEGACY_ORDER:
            headers["x-api-key"] = endpoint.legacy_key
        return endpoint, body, headers

    async def _succeeded(self, endpoint: Endpoint) -> None:
        if endpoint.failing_since is not None:
            await self._note(replace(endpoint, failing_since=None))

    async def _failed(self, endpoint: Endpoint) -> None:
        now = self._clock()
        if endpoint.failing_since is None:
            await self._note(replace(endpoint, failing_since=now))
        elif now - endpoint.failing_since >= PATIENCE:
            await self._disable(endpoint, f"it failed for {PATIENCE.days} days")
            raise GiveUp("The endpoint failed for too long; it is disabled now.")

    async def _note(self, endpoint: Endpoint) -> None:
        try:
            async with self._database.begin() as work:
                await _save(work, endpoint)
        except (Conflict, NotFound):
            return  # somebody changed the endpoint meanwhile: the next try notes it

    async def _disable(self, endpoint: Endpoint, reason: str) -> None:
        actor = Actor.system("webhooks")
        try:
            async with self._database.begin() as work:
                await _disable(work, endpoint, actor, self._clock, reason)
        except (Conflict, NotFound):
            return  # as above


def _target(due: Due) -> EndpointId:
    if due.delivery.target is None:
        raise GiveUp("The delivery names no endpoint.")
    return EndpointId(due.delivery.target)


async def _body(work: AutomationWork, endpoint: Endpoint, due: Due) -> bytes:
    event = due.event
    if endpoint.format is PayloadFormat.LEGACY_ORDER and isinstance(event, OrderPlaced):
        return legacy_body(event, await _vendor_skus(work, event))
    return standard_body(event)


async def _vendor_skus(work: AutomationWork, event: OrderPlaced) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in event.lines:
        try:
            found[line.sku] = (await work.products.get(line.sku)).vendor_sku
        except NotFound:
            continue
    return found


async def _check_company(work: AutomationWork, details: EndpointDetails) -> None:
    if details.company_id is not None:
        await work.companies.get(details.company_id)


async def _save(work: AutomationWork, endpoint: Endpoint) -> Endpoint:
    endpoint = replace(endpoint, version=endpoint.version + 1)
    await work.endpoints.save(endpoint)
    return endpoint


async def _disable(
    work: AutomationWork, endpoint: Endpoint, actor: Actor, clock: Clock, reason: str
) -> None:
    await _save(work, replace(endpoint, disabled=True))
    stamp = actor.stamp(clock())
    work.emit(
        EndpointDisabled(
            stamp=stamp, endpoint_id=endpoint.id, url=endpoint.url, reason=reason
        )
    )


def _told(sent: Sent) -> str:
    """Return the answer as a line that is safe to show anywhere, also on a terminal."""
    note = " (redirects are not followed)" if sent.status in _REDIRECT else ""
    shown = "".join(sign if sign.isprintable() else " " for sign in sent.body)
    return f"{sent.status}{note} {' '.join(shown.split())[:300]}".strip()
