"""What the pages of signing in read and send."""

from typing import Literal

from msgspec import Struct

from adapters.http.forms import Filled
from adapters.http.pages.account.pictures import Picture


class SignInForm(Struct, frozen=True, kw_only=True):
    """What the sign-in form sends: first the address, then the password with it.

    `next` is where to go afterwards.
    """

    step: Literal["email", "password"] = "password"
    email: str = ""
    password: str = ""
    next: str = "/"


class OfferView(Struct, frozen=True):
    """A provider as the sign-in page offers it: its sign, its name, and the way there."""

    sign: str
    name: str
    href: str


class SignInView(Struct, frozen=True):
    """What the sign-in page reads. It asks for the address, or for the password."""

    filled: Filled[SignInForm]
    offers: tuple[OfferView, ...] = ()
    asks_password: bool = False


class CodeForm(Struct, frozen=True, kw_only=True):
    """What the form of the second factor sends."""

    code: str = ""
    trust: bool = False
    next: str = "/"


class CodeView(Struct, frozen=True, kw_only=True):
    """What the page of the second factor reads. Without trust days nobody is asked."""

    filled: Filled[CodeForm]
    email: str
    trust_days: int


class PasskeyForm(Struct, frozen=True, kw_only=True):
    """What a browser sends that was asked for a passkey."""

    response: str = ""
    next: str = "/"


class EnrolForm(Struct, frozen=True, kw_only=True):
    """What somebody sends who sets up their first authenticator."""

    name: str = ""
    secret: str = ""
    code: str = ""
    next: str = "/"


class EnrolView(Struct, frozen=True, kw_only=True):
    """What the page of the first authenticator reads."""

    filled: Filled[EnrolForm]
    picture: Picture
