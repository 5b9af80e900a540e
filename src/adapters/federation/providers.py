"""Each provider by its own protocol."""

from collections.abc import Mapping

from msgspec.structs import replace

from adapters.federation.calls import Client
from adapters.federation.github import GitHub
from adapters.federation.id_tokens import Issuers
from adapters.federation.microsoft import Microsoft
from adapters.federation.openid import OpenIdConnect
from portal_core.errors import Forbidden, Invalid, Unavailable
from portal_core.identity.provider_ports import Departure
from portal_core.identity.providers import (
    Claim,
    Provider,
    ProviderDetails,
    ProviderKind,
)


class Providers:
    """Speaks with each in its way. `public_url` is where they send people back to."""

    def __init__(
        self,
        client: Client,
        *,
        public_url: str,
        microsoft: str = "https://login.microsoftonline.com",
        github: str = "https://github.com",
        github_api: str = "https://api.github.com",
    ) -> None:
        self._public_url = public_url
        self._issuers = Issuers(client)
        self._openid = OpenIdConnect(client, self._issuers)
        self._github = GitHub(client, site=github, api=github_api)
        self._microsoft = Microsoft(client, self._issuers, site=microsoft)

    async def check(self, details: ProviderDetails) -> ProviderDetails:
        if details.kind is ProviderKind.MICROSOFT:
            await self._found(self._microsoft.address_of(details.address))
        if details.kind is not ProviderKind.OPENID:
            return details
        issuer = await self._found(details.address)
        if issuer.rstrip("/") != details.address.rstrip("/"):
            message = f"The provider there calls itself {issuer}. Enter that address."
            raise Invalid(message, field="address", code="address")
        return replace(details, address=issuer)

    async def depart(
        self, provider: Provider, state: str, *, again: bool = False
    ) -> Departure:
        back = self._back(provider)
        if provider.kind is ProviderKind.GITHUB:
            return self._github.depart(provider, back, state)
        is_microsoft = provider.kind is ProviderKind.MICROSOFT
        depart = self._microsoft.depart if is_microsoft else self._openid.depart
        return await depart(provider, back, state, again=again)

    async def arrive(
        self, provider: Provider, secrets: str, answer: Mapping[str, str]
    ) -> Claim:
        ways = {
            ProviderKind.GITHUB: self._github.arrive,
            ProviderKind.MICROSOFT: self._microsoft.arrive,
        }
        arrive = ways.get(provider.kind, self._openid.arrive)
        return await arrive(provider, self._back(provider), secrets, answer)

    def _back(self, provider: Provider) -> str:
        return f"{self._public_url}/login/with/{provider.id}/back"

    async def _found(self, address: str) -> str:
        try:
            return (await self._issuers.metadata(address)).issuer
        except (Unavailable, Forbidden) as error:
            message = f"No provider answers there. {error.message}"
            raise Invalid(message, field="address", code="address") from error
