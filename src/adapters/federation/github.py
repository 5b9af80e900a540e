"""GitHub, which speaks OAuth 2 and has an address to ask who somebody is."""

from collections.abc import Mapping

from msgspec import Struct

from adapters.federation.calls import (
    Client,
    Kept,
    authorization_url,
    code_in,
    fetch_json,
    redeem,
)
from portal_core.errors import Invalid
from portal_core.identity.provider_ports import Departure
from portal_core.identity.providers import Claim, Provider

_SCOPE = "read:user"


class GitHubUser(Struct, frozen=True):
    """Who somebody is there. The number never changes; the login may."""

    id: int
    login: str
    name: str | None = None
    email: str | None = None


class GitHub:
    """The authorization code flow with PKCE, and then a question."""

    def __init__(
        self,
        client: Client,
        *,
        site: str = "https://github.com",
        api: str = "https://api.github.com",
    ) -> None:
        self._client = client
        self._site = site
        self._api = api

    def depart(self, provider: Provider, back: str, state: str) -> Departure:
        kept = Kept.create(again=False)
        endpoint = f"{self._site}/login/oauth/authorize"
        address = authorization_url(endpoint, provider, back, state, kept, _SCOPE)
        return Departure(address, kept.write())

    async def arrive(
        self, provider: Provider, back: str, secrets: str, answer: Mapping[str, str]
    ) -> Claim:
        kept, code = Kept.read(secrets), code_in(answer)
        endpoint = f"{self._site}/login/oauth/access_token"
        tokens = await redeem(self._client, endpoint, provider, back, code, kept.verifier)
        if not tokens.access_token:  # it says 200 to a code that is used or made up
            raise Invalid("The code was refused.", code="refused")
        headers = {"authorization": f"Bearer {tokens.access_token}"}
        user = await fetch_json(self._client, f"{self._api}/user", GitHubUser, headers)
        return Claim(
            subject=str(user.id), email=user.email or user.login, name=user.name or ""
        )
