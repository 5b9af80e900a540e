"""What all pages share: the portal's address and name, its cookies, and its seal."""

import hmac
import secrets
from typing import Literal, Protocol

from litestar.datastructures import Cookie

from adapters.http.calls import AnyRequest

SESSION = "atrium"
BEFORE_SIGN_IN = "atrium-form"
CHALLENGE = "atrium-challenge"
BROWSER = "atrium-browser"
ERRAND = "atrium-errand"
FLASH = "atrium-flash"
THEME = "atrium-theme"
COMPANY = "atrium-company"


class Signer(Protocol):
    """Signs texts with the portal's own keys, and knows its signatures again."""

    def sign(self, text: str) -> str:
        """Return the signature of the text, fit for an address or a cookie."""

    def verify(self, text: str, signature: str) -> bool:
        """Return whether the signature was made for this text."""


class House:
    """The portal as its pages know it. `name` is what it was called when last asked.

    What is new is in its `currency` and `time_zone`, unless somebody says otherwise.
    """

    def __init__(
        self,
        *,
        public_url: str,
        signer: Signer,
        currency: str = "AUD",
        time_zone: str = "UTC",
    ) -> None:
        self.public_url = public_url
        self.https = public_url.startswith("https://")
        self.name = "Atrium"
        self.currency = currency
        self.time_zone = time_zone
        self._signer = signer

    def cookie(
        self, name: str, value: str, *, seconds: int | None = None, strict: bool = False
    ) -> Cookie:
        """Return a cookie for this host only; without seconds it ends with the browser."""
        same_site: Literal["lax", "strict"] = "strict" if strict else "lax"
        return Cookie(
            key=self._full(name),
            value=value,
            path="/",
            max_age=seconds,
            secure=self.https,
            httponly=True,
            samesite=same_site,
        )

    def no_cookie(self, name: str) -> Cookie:
        """Return what makes the browser forget a cookie."""
        return self.cookie(name, "", seconds=0)

    def read_cookie(self, request: AnyRequest, name: str) -> str:
        """Return the value of a cookie, or nothing."""
        return request.cookies.get(self._full(name), "")

    def sign(self, purpose: str, text: str) -> str:
        """Return a signature that holds for this purpose only."""
        return self._signer.sign(f"{purpose}:{text}")

    def verify(self, purpose: str, text: str, signature: str) -> bool:
        """Return whether the signature was made for this text and purpose."""
        return self._signer.verify(f"{purpose}:{text}", signature)

    def form_token(self, secret: str) -> str:
        """Return a token for forms that is bound to a secret which the browser holds.

        It differs each time, so that compression of the page tells nothing about it.
        """
        salt = secrets.token_urlsafe(9)
        return f"{salt}.{self.sign('form', f'{salt}:{secret}')}"

    def form_token_fits(self, token: str, secret: str) -> bool:
        """Return whether the token was made for the secret."""
        salt, _, signature = token.partition(".")
        return bool(secret) and self.verify("form", f"{salt}:{secret}", signature)

    def is_own(self, origin: str) -> bool:
        """Return whether an Origin header names the portal itself."""
        return hmac.compare_digest(origin.lower().encode(), self.public_url.encode())

    def _full(self, name: str) -> str:
        return f"__Host-{name}" if self.https else name


def house_of(request: AnyRequest) -> House:
    """Return the house that a request came to."""
    house = request.app.state.house
    if not isinstance(house, House):
        raise TypeError("The application was built without a house.")
    return house
