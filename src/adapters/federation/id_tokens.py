"""Finding out about an issuer, and believing its tokens (OpenID Connect Core §3.1.3.7).

What an issuer says of itself is kept for an hour; its keys are asked for again when a token
is signed by one that is not known yet, at most once a minute.
"""

from collections.abc import Mapping
from time import monotonic
from typing import Any, TypeVar
from urllib.parse import urlsplit

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from msgspec import Struct

from adapters.federation.calls import Client, Tokens, fetch_json
from portal_core.errors import Invalid, Unavailable

DISCOVERY = "/.well-known/openid-configuration"
LEEWAY = 60
"""By how many seconds clocks may differ."""

_KEPT_FOR = 3_600.0
_ASKED_AGAIN_AFTER = 60.0
_MOST_KEPT = 200
_ALGORITHMS = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"}
    | {"EdDSA", "Ed25519"}
)
"""Those with a public key: with a shared secret, or none, anybody could sign."""

T = TypeVar("T")


class Metadata(Struct, frozen=True, kw_only=True):
    """What an issuer says of itself (OpenID Connect Discovery §3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    id_token_signing_alg_values_supported: tuple[str, ...] = ("RS256",)
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False

    @property
    def basic(self) -> bool:
        """Whether the client's secret has to go in a header."""
        return "client_secret_post" not in self.token_endpoint_auth_methods_supported


class Expected(Struct, frozen=True, kw_only=True):
    """What a token has to say: by whom, for whom, and to which question."""

    issuer: str
    client_id: str
    nonce: str
    fresh_within: int | None = None


class Issuers:
    """What is known of issuers."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._metadata: dict[str, tuple[float, Metadata]] = {}
        self._keys: dict[str, tuple[float, KeySet]] = {}

    async def metadata(self, address: str) -> Metadata:
        """Return what the issuer says of itself. Raises Unavailable, and Forbidden."""
        if (found := _fresh(self._metadata, address, _KEPT_FOR)) is not None:
            return found
        url = address.rstrip("/") + DISCOVERY
        metadata = await fetch_json(self._client, url, Metadata)
        endpoints = (metadata.authorization_endpoint, metadata.token_endpoint)
        scheme = urlsplit(address).scheme
        if any(urlsplit(one).scheme != scheme for one in (*endpoints, metadata.jwks_uri)):
            raise Unavailable("The provider names addresses without https.")
        _keep(self._metadata, address, metadata)
        return metadata

    async def claims(
        self, metadata: Metadata, tokens: Tokens, expected: Expected
    ) -> Mapping[str, Any]:
        """Return what the token says, if all of it is true. Raises Invalid, Unavailable."""
        known = _ALGORITHMS.intersection(metadata.id_token_signing_alg_values_supported)
        registry = JWSRegistry(algorithms=sorted(known), strict_check_header=False)
        keys = await self._keys_at(metadata.jwks_uri, _KEPT_FOR)
        try:
            try:
                token = jwt.decode(tokens.id_token, keys, registry=registry)
            except InvalidKeyIdError:
                keys = await self._keys_at(metadata.jwks_uri, _ASKED_AGAIN_AFTER)
                token = jwt.decode(tokens.id_token, keys, registry=registry)
            claims = CodeIDToken(
                token.claims,
                token.header,
                {
                    "iss": {"essential": True, "value": expected.issuer},
                    "aud": {"essential": True, "value": expected.client_id},
                    "sub": {"essential": True},
                    "exp": {"essential": True},
                },
                {
                    "nonce": expected.nonce,
                    "client_id": expected.client_id,
                    "access_token": tokens.access_token,
                    "max_age": expected.fresh_within,
                },
            )
            claims.validate(leeway=LEEWAY)
        except (JoseError, ValueError) as error:
            raise Invalid(f"The token is not right: {error}", code="refused") from error
        return claims

    async def _keys_at(self, url: str, kept_for: float) -> KeySet:
        if (found := _fresh(self._keys, url, kept_for)) is not None:
            return found
        data = await fetch_json(self._client, url, dict[str, Any])
        try:
            keys = KeySet.import_key_set(data)  # type: ignore[arg-type] # checked by it
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise Unavailable("The provider's keys can't be read.") from error
        _keep(self._keys, url, keys)
        return keys


def _fresh(kept: dict[str, tuple[float, T]], name: str, kept_for: float) -> T | None:
    at, found = kept.get(name, (0.0, None))
    return found if found is not None and monotonic() - at < kept_for else None


def _keep(kept: dict[str, tuple[float, T]], name: str, value: T) -> None:
    if len(kept) >= _MOST_KEPT:
        kept.pop(next(iter(kept)))
    kept[name] = (monotonic(), value)
