"""Asking for a link to set a password, and the pages that such links open."""

from math import ceil

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect, Template
from msgspec import Struct

from adapters.http.calls import AnyRequest, visitor
from adapters.http.csrf import PUBLIC
from adapters.http.flashes import flash_cookie
from adapters.http.forms import Filled, Form, read_query
from adapters.http.house import house_of
from adapters.http.pages.sign_in.arrivals import to_factor
from adapters.http.screen import Porch
from adapters.http.session import session_cookies, visitor_at_door
from portal_core.errors import Invalid, NotFound, Throttled
from portal_core.identity.admission import Challenged
from portal_core.identity.model import User
from portal_core.identity.passwords import PasswordService
from portal_core.identity.tokens import Purpose


class Link(Struct, frozen=True):
    """The query of a mailed link."""

    token: str = ""


class ForgotForm(Struct, frozen=True, kw_only=True):
    """What “Forgot your password?” sends."""

    email: str = ""


class ForgotView(Struct, frozen=True, kw_only=True):
    """What the page reads before and after: the answer is the same for everybody."""

    filled: Filled[ForgotForm]
    sent: bool = False


class ResetForm(Struct, frozen=True, kw_only=True):
    """What the form of a new password sends. An invitation asks for the name as well."""

    token: str = ""
    name: str = ""
    password: str = ""


class ResetView(Struct, frozen=True, kw_only=True):
    """What the form of a new password reads."""

    filled: Filled[ResetForm]
    email: str


class PasswordPages(Controller):
    """For people who have not signed in, because they can't yet."""

    opt = {PUBLIC: True}  # noqa: RUF012 - Litestar reads it so

    @get("/forgot")
    async def forgot(self, porch: NamedDependency[Porch]) -> Template:
        """Ask for the address."""
        view = ForgotView(filled=Filled.of(ForgotForm()))
        return await porch.show("pages/passwords/forgot.html", view)

    @post("/forgot")
    async def send(
        self,
        request: AnyRequest,
        data: Form[ForgotForm],
        passwords: NamedDependency[PasswordService],
        porch: NamedDependency[Porch],
    ) -> Template:
        """Send a link to the address, if somebody has it, and say the same if not."""
        page = "pages/passwords/forgot.html"
        try:
            await passwords.forgot(visitor_at_door(request), data.fields.email)
        except Throttled as refusal:
            view = ForgotView(filled=data.refused(refusal))
            wait = ceil(refusal.wait.total_seconds())
            return await porch.show(page, view, status=429, wait=wait)
        return await porch.show(page, ForgotView(filled=data, sent=True))

    @get("/reset")
    async def choose(
        self,
        request: AnyRequest,
        passwords: NamedDependency[PasswordService],
        porch: NamedDependency[Porch],
    ) -> Template:
        """Ask for the new password."""
        return await _ask(request, passwords, porch, Purpose.RESET)

    @post("/reset")
    async def reset(
        self,
        request: AnyRequest,
        data: Form[ResetForm],
        passwords: NamedDependency[PasswordService],
        porch: NamedDependency[Porch],
    ) -> Template | Redirect:
        """Set the password, end every session, and ask to sign in with it."""
        who, typed = visitor_at_door(request), data.fields
        user = await _for_whom(request, passwords, typed.token, Purpose.RESET)
        if user is None:
            return await _spent(porch)
        try:
            await passwords.reset(who, typed.token, typed.password)
        except NotFound:
            return await _spent(porch)
        except Invalid as refusal:
            view = ResetView(filled=data.refused(refusal), email=user.email)
            return await porch.show(_PAGES[Purpose.RESET], view, status=422)
        cookies = [flash_cookie(house_of(request), "password-reset")]
        return Redirect("/login", status_code=303, cookies=cookies)

    @get("/invite")
    async def invitation(
        self,
        request: AnyRequest,
        passwords: NamedDependency[PasswordService],
        porch: NamedDependency[Porch],
    ) -> Template:
        """Welcome somebody who was invited, and ask for their first password."""
        return await _ask(request, passwords, porch, Purpose.INVITATION)

    @post("/invite")
    async def accept(
        self,
        request: AnyRequest,
        data: Form[ResetForm],
        passwords: NamedDependency[PasswordService],
        porch: NamedDependency[Porch],
    ) -> Template | Redirect:
        """Set the first password, and let them in."""
        who, typed = visitor_at_door(request), data.fields
        user = await _for_whom(request, passwords, typed.token, Purpose.INVITATION)
        if user is None:
            return await _spent(porch)
        try:
            admitted = await passwords.accept(
                who, typed.token, name=typed.name, password=typed.password
            )
        except NotFound:
            return await _spent(porch)
        except Invalid as refusal:
            view = ResetView(filled=data.refused(refusal), email=user.email)
            return await porch.show(_PAGES[Purpose.INVITATION], view, status=422)
        if isinstance(admitted, Challenged):
            return to_factor(request, admitted, "/")
        cookies = session_cookies(request, admitted)
        cookies.append(flash_cookie(house_of(request), "welcome"))
        return Redirect("/", status_code=303, cookies=cookies)


_PAGES = {
    Purpose.RESET: "pages/passwords/reset.html",
    Purpose.INVITATION: "pages/passwords/invitation.html",
}


async def _for_whom(
    request: AnyRequest, passwords: PasswordService, token: str, purpose: Purpose
) -> User | None:
    """Return whom the link is for; None if it does not work."""
    try:
        return await passwords.check(visitor(request), token, purpose)
    except NotFound:
        return None


async def _ask(
    request: AnyRequest, passwords: PasswordService, porch: Porch, purpose: Purpose
) -> Template:
    token = read_query(Link, request.scope.get("query_string", b"")).token
    user = await _for_whom(request, passwords, token, purpose)
    if user is None:
        return await _spent(porch)
    name = user.name if purpose is Purpose.INVITATION else ""
    blank = Filled.of(ResetForm(token=token, name=name))
    return await porch.show(_PAGES[purpose], ResetView(filled=blank, email=user.email))


async def _spent(porch: Porch) -> Template:
    """Say that the link does not work any more, and what to do."""
    view = ForgotView(filled=Filled.of(ForgotForm()))
    return await porch.show("pages/passwords/spent.html", view, status=404)
