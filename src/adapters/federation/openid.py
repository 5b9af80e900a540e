"""Any OpenID Connect provider, Google among them (OpenID Connect Core 1.0, RFC 9700)."""

import time
from collections.abc import Mapping
from typing import Any

from adapters.federation.calls import (
    Client,
    Kept,
    authorization_url,
    code_in,
    redeem,
)
from adapters.federation.id_tokens import LEEWAY, Expected, Issuers, Metadata
from portal_core.errors import Invalid
from portal_core.identity.provider_ports import Departure
from portal_core.identity.providers import Claim, Provider

FRESH = 600
"""Within how many seconds a fresh sign-in has to have happened."""

_SCOPE = "openid email profile"
_LONGEST = 255


class OpenIdConnect:
    """The authorization code flow, with PKCE, a nonce and the issuer's own word."""

    def __init__(self, client: Client, issuers: Issuers) -> None:
        self._client = client
        self._issuers = issuers

    async def depart(
        self, provider: Provider, back: str, state: str, *, again: bool
    ) -> Departure:
        metadata = await self._issuers.metadata(provider.issuer)
        kept = Kept.create(again=again)
        address = authorization_url(
            metadata.authorization_endpoint,
            provider,
            back,
            state,
            kept,
            _SCOPE,
            nonce=kept.nonce,
            prompt="login" if again else None,
            max_age="0" if again else None,
        )
        return Departure(address, kept.write())

    async def arrive(
        self, provider: Provider, back: str, secrets: str, answer: Mapping[str, str]
    ) -> Claim:
        kept, metadata = Kept.read(secrets), await self._issuers.metadata(provider.issuer)
        _check_sender(metadata, answer)
        code = code_in(answer)
        tokens = await redeem(
            self._client,
            metadata.token_endpoint,
            provider,
            back,
            code,
            kept.verifier,
            basic=metadata.basic,
        )
        expected = Expected(
            issuer=metadata.issuer,
            client_id=provider.client_id,
            nonce=kept.nonce,
            fresh_within=FRESH if kept.again else None,
        )
        claims = await self._issuers.claims(metadata, tokens, expected)
        check_fresh(claims, expected)
        return Claim(
            subject=text_of(claims, "sub"),
            email=text_of(claims, "email"),
            name=text_of(claims, "name"),
            second_factor="mfa" in (claims.get("amr") or ()),
        )


def check_fresh(claims: Mapping[str, Any], expected: Expected) -> None:
    """Raise Invalid if a fresh sign-in was asked for, and an old one came."""
    if expected.fresh_within is None:
        return
    if time.time() - claims["auth_time"] > expected.fresh_within + LEEWAY:
        raise Invalid("The sign-in at the provider is not a fresh one.", code="refused")


def text_of(claims: Mapping[str, Any], name: str) -> str:
    """Return a claim as text, cut where no honest one is that long."""
    value = claims.get(name)
    return value[:_LONGEST] if isinstance(value, str) else ""


def _check_sender(metadata: Metadata, answer: Mapping[str, str]) -> None:
    """Raise Invalid for the answer of another provider (RFC 9207)."""
    sender = answer.get("iss", "")
    missing = metadata.authorization_response_iss_parameter_supported and not sender
    if missing or (sender and sender != metadata.issuer):
        raise Invalid("The answer is by another provider.", code="refused")
