"""Microsoft Entra ID by msal. A person is a tenant and an object in it, never an address.

msal makes the request and redeems the code; since 1.38 it leaves it to its callers to check
the token.
"""

import asyncio
import hashlib
import warnings
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec
from msal import ConfidentialClientApplication

from adapters.federation.calls import Client, Tokens, code_in
from adapters.federation.id_tokens import Expected, Issuers
from adapters.federation.openid import FRESH, check_fresh, text_of
from portal_core.errors import Invalid, PortalError, Unavailable
from portal_core.identity.provider_ports import Departure
from portal_core.identity.providers import Claim, Provider

_ANY_TENANT = "{tenantid}"
_PATIENCE = 30.0

# It would rather have a form from Microsoft, which comes without our cookie.
warnings.filterwarnings("ignore", "response_mode=", UserWarning, "msal")


class Microsoft:
    """Work and school accounts, of one tenant or of any."""

    def __init__(
        self,
        client: Client,
        issuers: Issuers,
        *,
        site: str = "https://login.microsoftonline.com",
    ) -> None:
        self._client = client
        self._issuers = issuers
        self._site = site

    def address_of(self, tenant: str) -> str:
        """Return where the tenant speaks of itself."""
        return f"{self._site}/{tenant}/v2.0"

    async def depart(
        self, provider: Provider, back: str, state: str, *, again: bool
    ) -> Departure:
        def begin(app: ConfidentialClientApplication) -> dict[str, Any]:
            flow: dict[str, Any] = app.initiate_auth_code_flow(
                ["email"],
                redirect_uri=back,
                state=state,
                prompt="login" if again else "select_account",
                max_age=FRESH if again else None,
            )
            return flow

        flow = await self._ask(provider, begin)
        return Departure(flow["auth_uri"], msgspec.json.encode(flow).decode())

    async def arrive(
        self,
        provider: Provider,
        back: str,  # noqa: ARG002 - the flow knows it
        secrets: str,
        answer: Mapping[str, str],
    ) -> Claim:
        code_in(answer)
        flow = msgspec.json.decode(secrets)

        def finish(app: ConfidentialClientApplication) -> dict[str, Any]:
            done: dict[str, Any] = app.acquire_token_by_auth_code_flow(flow, dict(answer))
            return done

        given = await self._ask(provider, finish)
        if "id_token" not in given:
            told = str(given.get("error_description") or given.get("error"))[:120]
            raise Invalid(f"The code was refused: {told}", code="refused")
        return await self._claim(provider, given, flow)

    async def _claim(
        self, provider: Provider, given: Mapping[str, Any], flow: Mapping[str, Any]
    ) -> Claim:
        metadata = await self._issuers.metadata(self.address_of(provider.address))
        tenant = text_of(given.get("id_token_claims") or {}, "tid")
        nonce = hashlib.sha256(flow["nonce"].encode()).hexdigest()  # as msal sends it
        expected = Expected(
            issuer=metadata.issuer.replace(_ANY_TENANT, tenant),
            client_id=provider.client_id,
            nonce=nonce,
            fresh_within=flow.get("max_age"),
        )
        tokens = Tokens(given.get("access_token", ""), given["id_token"])
        claims = await self._issuers.claims(metadata, tokens, expected)
        check_fresh(claims, expected)
        tenant, person = text_of(claims, "tid"), text_of(claims, "oid")
        if not (tenant and person):
            raise Invalid("The token does not say whose it is.", code="refused")
        return Claim(
            subject=f"{tenant}.{person}",
            email=text_of(claims, "email") or text_of(claims, "preferred_username"),
            name=text_of(claims, "name"),
            second_factor="mfa" in (claims.get("amr") or ()),
        )

    async def _ask(self, provider: Provider, question: Any) -> dict[str, Any]:
        """Ask msal, which waits for its answers, in a thread. Raises as the flow does."""
        loop = asyncio.get_running_loop()
        http = _Bridge(self._client, loop)

        def work() -> dict[str, Any]:
            app = ConfidentialClientApplication(
                provider.client_id,
                client_credential=provider.client_secret,
                authority=f"{self._site}/{provider.address}",
                instance_discovery=False,
                exclude_scopes=["offline_access"],
                http_client=http,
            )
            answer: dict[str, Any] = question(app)
            return answer

        try:
            return await asyncio.to_thread(work)
        except PortalError:
            raise
        except (ValueError, RuntimeError, KeyError) as error:
            message = f"Microsoft could not be asked: {error}"
            raise Invalid(message[:200], code="refused") from error


class _Bridge:
    """What msal takes for an HTTP client: it asks ours, from its own thread."""

    def __init__(self, client: Client, loop: asyncio.AbstractEventLoop) -> None:
        self._client = client
        self._loop = loop

    def get(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        **_: Any,
    ) -> "_Answer":
        asked = f"{url}?{urlencode(params)}" if params else url
        return self._wait(self._client.get(asked, dict(headers or {})))

    def post(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        **_: Any,
    ) -> "_Answer":
        asked = f"{url}?{urlencode(params)}" if params else url
        kind = {"content-type": "application/x-www-form-urlencoded"}
        body = urlencode(data or {}).encode()
        return self._wait(self._client.post(asked, body, {**(headers or {}), **kind}))

    def close(self) -> None:
        """Leave the connections to whoever opened them."""

    def _wait(self, call: Any) -> "_Answer":
        sent = asyncio.run_coroutine_threadsafe(call, self._loop).result(_PATIENCE)
        return _Answer(sent.status, sent.body)


class _Answer:
    """An answer as msal reads it."""

    def __init__(self, status_code: int, text: str) -> None:
        self.status_code = status_code
        self.text = text
        self.headers: dict[str, str] = {}

    def raise_for_status(self) -> None:
        if self.status_code >= 400:  # noqa: PLR2004
            raise Unavailable(f"Microsoft answered {self.status_code}.")
