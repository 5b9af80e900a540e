"""What is said to providers, and what they answer."""

import secrets
from collections.abc import Mapping
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

import msgspec
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from msgspec import Struct

from portal_core.automation.ports import Sent
from portal_core.errors import Invalid, Unavailable
from portal_core.identity.providers import Provider

T = TypeVar("T")

_FORM = {
    "accept": "application/json",
    "content-type": "application/x-www-form-urlencoded",
}
_OK = 200


class Client(Protocol):
    """Calls addresses that a guard has checked, without following redirects."""

    async def get(self, url: str, headers: dict[str, str]) -> Sent:
        """Return what lies there. Raises Forbidden, and Unavailable."""

    async def post(self, url: str, body: bytes, headers: dict[str, str]) -> Sent:
        """Return what was answered. Raises Forbidden, and Unavailable."""


class Kept(Struct, frozen=True):
    """What is kept until somebody comes back.

    `nonce` is for the token, `verifier` for the code, and `again` is whether the
    provider was asked for a fresh sign-in.
    """

    nonce: str
    verifier: str
    again: bool = False

    @classmethod
    def create(cls, *, again: bool) -> "Kept":
        """Return new random values, of 256 and of 384 bits."""
        return cls(secrets.token_urlsafe(32), secrets.token_urlsafe(48), again)

    @classmethod
    def read(cls, text: str) -> "Kept":
        """Return what was written before."""
        return msgspec.json.decode(text, type=cls)

    def write(self) -> str:
        """Return it as text."""
        return msgspec.json.encode(self).decode()


class Tokens(Struct, frozen=True):
    """What a provider gives for a code."""

    access_token: str = ""
    id_token: str = ""


def authorization_url(
    endpoint: str,
    provider: Provider,
    back: str,
    state: str,
    kept: Kept,
    scope: str,
    **others: str | None,
) -> str:
    """Return where somebody signs in, and says that we may know."""
    url: str = prepare_grant_uri(
        endpoint,
        provider.client_id,
        "code",
        redirect_uri=back,
        scope=scope,
        state=state,
        code_challenge=create_s256_code_challenge(kept.verifier),  # type: ignore[no-untyped-call]
        code_challenge_method="S256",
        **others,
    )
    return url


async def redeem(
    client: Client,
    endpoint: str,
    provider: Provider,
    back: str,
    code: str,
    verifier: str,
    *,
    basic: bool = False,
) -> Tokens:
    """Return what the code is worth. Raises Invalid, and Unavailable.

    `basic` is whether the provider wants the secret in a header (RFC 6749 §2.3.1).
    """
    body = prepare_token_request(
        "authorization_code", redirect_uri=back, code=code, code_verifier=verifier
    )
    way = "client_secret_basic" if basic else "client_secret_post"
    auth = ClientAuth(provider.client_id, provider.client_secret, way)
    url, headers, body = auth.prepare("POST", endpoint, dict(_FORM), body)  # type: ignore[no-untyped-call]
    answer = await client.post(url, body.encode(), headers)
    if answer.status != _OK:
        raise Invalid(f"The code was refused with {answer.status}.", code="refused")
    return read_json(answer, Tokens)


async def fetch_json(
    client: Client, url: str, kind: type[T], headers: Mapping[str, str] | None = None
) -> T:
    """Return what lies there, read as a kind. Raises Forbidden, and Unavailable."""
    asked = {"accept": "application/json", **(headers or {})}
    answer = await client.get(url, asked)
    if answer.status != _OK:
        raise Unavailable(f"{urlsplit(url).hostname} answered {answer.status}.")
    return read_json(answer, kind)


def read_json(answer: Sent, kind: type[T]) -> T:
    """Return the answer, read as a kind. Raises Unavailable."""
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except msgspec.DecodeError as error:
        raise Unavailable("The provider's answer can't be read.") from error


def code_in(answer: Mapping[str, str]) -> str:
    """Return the code that somebody came back with. Raises Invalid."""
    if "error" in answer:
        told = answer.get("error_description") or answer["error"]
        raise Invalid(f"The provider said: {told[:120]}", code="refused")
    if not answer.get("code"):
        raise Invalid("There is no code in the answer.", code="refused")
    return answer["code"]
