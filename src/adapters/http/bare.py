"""The shell of pages without a person: sign-in, set-up and errors."""

from typing import get_args

from adapters.http.calls import AnyRequest, call_of
from adapters.http.flashes import read_flash
from adapters.http.house import THEME, House, house_of
from adapters.http.shell import Shell, Theme


def bare_shell(request: AnyRequest, *, csrf_token: str = "") -> Shell:
    """Return a shell that says nothing about anybody."""
    house, call = house_of(request), call_of(request)
    return Shell(
        portal_name=house.name,
        request_id=call.request_id,
        nonce=call.nonce,
        csrf_token=csrf_token,
        theme=theme_of(request, house),
        flash=read_flash(request, house),
    )


def theme_of(request: AnyRequest, house: House) -> Theme:
    """Return the colours that this browser has chosen."""
    chosen = house.read_cookie(request, THEME)
    return next((theme for theme in get_args(Theme) if theme == chosen), "auto")
