"""What the sign-in page reads and sends."""

from msgspec import Struct

from adapters.http.forms import Filled


class SignInForm(Struct, frozen=True, kw_only=True):
    """What the sign-in form sends. `next` is where to go afterwards."""

    email: str = ""
    password: str = ""
    next: str = "/"


class SignInView(Struct, frozen=True):
    """What the sign-in page reads."""

    filled: Filled[SignInForm]
