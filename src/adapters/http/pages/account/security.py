"""The person's own password, second factors, sessions and browsers."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from litestar import Controller, MediaType, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from msgspec import Struct

from adapters.http.calls import AnyRequest, visitor
from adapters.http.forms import Filled, Form
from adapters.http.house import house_of
from adapters.http.pages.account.browsers import browser_name
from adapters.http.pages.account.pictures import Picture, picture_of
from adapters.http.places import local_path
from adapters.http.screen import Screen
from adapters.http.session import visitor_at_door
from adapters.http.shell import Crumb
from portal_core.clock import Clock
from portal_core.errors import Conflict, Invalid, NotFound, Throttled
from portal_core.identity.actor import Actor
from portal_core.identity.factors import Factors, Method
from portal_core.identity.federation import FederationService
from portal_core.identity.passwords import PasswordService
from portal_core.identity.providers import LinkedAccount, Offer
from portal_core.identity.second_factors import FactorService
from portal_core.identity.sessions import Seats, SessionService
from portal_core.ids import AuthenticatorId, BrowserId, SessionId

HERE = "/account/security"
LINKS = "/account/links"
PASSWORD = "/account/password"  # noqa: S105 - an address
_ACCOUNT = Crumb("Your account", "/account")
_SECURITY = Crumb("Security", HERE)


class FactorView(Struct, frozen=True, kw_only=True):
    """A second factor in the list."""

    id: str
    name: str
    kind: str
    created_at: datetime
    used_at: datetime
    here: str


class SessionView(Struct, frozen=True, kw_only=True):
    """A session in the list. `here` is where it is ended; nothing for this one."""

    id: str
    browser: str
    network: str
    methods: str
    created_at: datetime
    seen_at: datetime
    is_this: bool
    here: str


class BrowserView(Struct, frozen=True, kw_only=True):
    """A browser that signed in before, and till when a password is enough there."""

    id: str
    name: str
    network: str
    created_at: datetime
    seen_at: datetime
    trusted_until: datetime | None
    here: str


class AccountView(Struct, frozen=True, kw_only=True):
    """An account at a provider by which the person signs in."""

    id: str
    provider: str
    email: str
    created_at: datetime
    used_at: datetime
    here: str


class OfferView(Struct, frozen=True):
    """A provider that an account can be linked at, and where that begins."""

    name: str
    here: str


class SecurityView(Struct, frozen=True, kw_only=True):
    """What the security page reads."""

    factors: tuple[FactorView, ...]
    recovery_codes: int
    accounts: tuple[AccountView, ...]
    offers: tuple[OfferView, ...]
    sessions: tuple[SessionView, ...]
    browsers: tuple[BrowserView, ...]


class AppForm(Struct, frozen=True, kw_only=True):
    """What the form of a new authenticator sends."""

    name: str = ""
    secret: str = ""
    code: str = ""


class AppView(Struct, frozen=True, kw_only=True):
    """What the page of a new authenticator reads."""

    filled: Filled[AppForm]
    picture: Picture


class PasskeyForm(Struct, frozen=True, kw_only=True):
    """What the form of a new passkey sends. `response` is what the browser has made."""

    name: str = ""
    response: str = ""


class PasskeyView(Struct, frozen=True):
    """What the page of a new passkey reads."""

    filled: Filled[PasskeyForm]


class CodesView(Struct, frozen=True):
    """What the page of new recovery codes reads, once."""

    codes: tuple[str, ...]


class PasswordForm(Struct, frozen=True, kw_only=True):
    """What the form of a new password sends."""

    current: str = ""
    password: str = ""


class PasswordView(Struct, frozen=True, kw_only=True):
    """What the page of a new password reads. `must` is whether nothing else is open."""

    filled: Filled[PasswordForm]
    email: str
    must: bool


class ProofForm(Struct, frozen=True, kw_only=True):
    """What a proof sends that was asked for outside of a form."""

    next: str = "/"


class SecurityPages(Controller):
    """How the person signs in, and where they are signed in."""

    @get(HERE)
    async def show(
        self,
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        factors: NamedDependency[FactorService],
        sessions: NamedDependency[SessionService],
        federation: NamedDependency[FederationService],
    ) -> Template:
        """Show everything that lets the person in."""
        accounts = await federation.own(actor)
        linked = {one.provider_id for one in accounts}
        offers = await federation.offered(visitor(screen.request))
        view = security_view(
            await factors.own(actor),
            await sessions.own(actor),
            HERE,
            this=actor.session_id,
            accounts=accounts,
            offers=[one for one in offers if one.id not in linked],
        )
        crumbs = (_ACCOUNT, Crumb(_SECURITY.label))
        return await screen.show("pages/account/security.html", view, crumbs=crumbs)

    @get(f"{HERE}/authenticators/new")
    async def new_app(
        self, screen: NamedDependency[Screen], factors: NamedDependency[FactorService]
    ) -> Template:
        """Show a secret to scan."""
        return await _app(screen, factors, Filled.of(AppForm()))

    @post(f"{HERE}/authenticators")
    async def add_app(
        self,
        data: Form[AppForm],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        factors: NamedDependency[FactorService],
    ) -> Template | Redirect:
        """Keep the authenticator, if it shows the right code."""
        typed = data.fields
        try:
            await factors.add_authenticator(
                actor, name=typed.name, secret=typed.secret, code=typed.code
            )
        except (Invalid, Conflict) as refusal:
            return await _app(screen, factors, data.refused(refusal))
        return screen.go(HERE, "factor-added")

    @get(f"{HERE}/passkeys/new")
    async def new_passkey(
        self,
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        clock: NamedDependency[Clock],
    ) -> Template:
        """Show the form that asks the browser for a passkey."""
        actor.require_proof(clock())
        return await _passkey(screen, Filled.of(PasskeyForm()))

    @post(f"{HERE}/passkeys/question")
    async def ask_for_passkey(
        self,
        request: AnyRequest,
        actor: NamedDependency[Actor],
        factors: NamedDependency[FactorService],
    ) -> Response[str]:
        """Return what the browser asks its devices."""
        question = await factors.ask_for_passkey(actor, house_of(request).name)
        return Response(question, media_type=MediaType.JSON, status_code=200)

    @post(f"{HERE}/passkeys")
    async def add_passkey(
        self,
        data: Form[PasskeyForm],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        factors: NamedDependency[FactorService],
    ) -> Template | Redirect:
        """Keep the passkey that the browser has made."""
        typed = data.fields
        try:
            await factors.add_passkey(actor, name=typed.name, response=typed.response)
        except (Invalid, Conflict) as refusal:
            return await _passkey(screen, data.refused(refusal))
        return screen.go(HERE, "passkey-added")

    @post(f"{HERE}/factors/{{factor_id:uuid}}/remove")
    async def remove(
        self,
        factor_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        factors: NamedDependency[FactorService],
    ) -> Redirect:
        """Give up a second factor."""
        await factors.remove(actor, AuthenticatorId(factor_id))
        return screen.go(HERE, "factor-removed")

    @post(f"{HERE}/recovery-codes")
    async def renew_codes(
        self,
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        factors: NamedDependency[FactorService],
    ) -> Template:
        """Show ten new recovery codes, once."""
        codes = await factors.renew_recovery_codes(actor)
        crumbs = (_ACCOUNT, _SECURITY, Crumb("Recovery codes"))
        return await screen.show(
            "pages/account/recovery_codes.html", CodesView(codes), crumbs=crumbs
        )

    @post(f"{HERE}/sessions/{{session_id:uuid}}/end")
    async def end(
        self,
        session_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        sessions: NamedDependency[SessionService],
    ) -> Redirect:
        """End a session."""
        await sessions.end(actor, SessionId(session_id))
        return screen.go(HERE, "session-ended")

    @post(f"{HERE}/sessions/end-others")
    async def end_others(
        self,
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        sessions: NamedDependency[SessionService],
    ) -> Redirect:
        """End every session but this one."""
        await sessions.end_others(actor)
        return screen.go(HERE, "sessions-ended")

    @post(f"{HERE}/browsers/{{browser_id:uuid}}/forget")
    async def forget(
        self,
        browser_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        sessions: NamedDependency[SessionService],
    ) -> Redirect:
        """Forget a browser."""
        await sessions.forget(actor, BrowserId(browser_id))
        return screen.go(HERE, "browser-forgotten")

    @get(PASSWORD)
    async def password(self, screen: NamedDependency[Screen]) -> Template:
        """Ask for the current password and another one."""
        return await _password(screen, Filled.of(PasswordForm()))

    @post(PASSWORD)
    async def change_password(
        self,
        request: AnyRequest,
        data: Form[PasswordForm],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        passwords: NamedDependency[PasswordService],
    ) -> Template | Redirect:
        """Set another password."""
        typed = data.fields
        try:
            await passwords.change(
                actor, visitor_at_door(request), current=typed.current, new=typed.password
            )
        except (Invalid, Throttled) as refusal:
            return await _password(screen, data.refused(refusal))
        return screen.go(HERE, "password-changed")

    @get("/account/prove")
    async def ask(
        self,
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        clock: NamedDependency[Clock],
    ) -> Redirect:
        """Ask for a proof, unless there is a fresh one, and go on to the page."""
        actor.require_proof(clock())
        return screen.go(local_path(screen.query(ProofForm).next))

    @post("/account/prove")
    async def prove(
        self, data: Form[ProofForm], screen: NamedDependency[Screen]
    ) -> Redirect:
        """Go back to the page that asked for a proof, which has come with this form."""
        return screen.go(local_path(data.fields.next), "proved")


def security_view(
    factors: Factors,
    seats: Seats,
    here: str,
    *,
    this: UUID | None,
    accounts: Sequence[LinkedAccount] = (),
    offers: Sequence[Offer] = (),
) -> SecurityView:
    """Return what lets a person in, as their own page and an administrator's show it."""
    return SecurityView(
        factors=_factors(factors, here),
        recovery_codes=factors.recovery_codes,
        accounts=tuple(
            AccountView(
                id=str(one.id),
                provider=one.provider,
                email=one.email,
                created_at=one.created_at,
                used_at=one.used_at,
                here=f"{LINKS}/{one.id}/remove",
            )
            for one in accounts
        ),
        offers=tuple(OfferView(one.name, f"{LINKS}/with/{one.id}") for one in offers),
        sessions=tuple(
            SessionView(
                id=str(one.id),
                browser=browser_name(one.browser),
                network=one.network,
                methods=_methods(one.methods),
                created_at=one.created_at,
                seen_at=one.seen_at,
                is_this=one.id == this,
                here=f"{here}/sessions/{one.id}/end",
            )
            for one in seats.sessions
        ),
        browsers=tuple(
            BrowserView(
                id=str(one.id),
                name=browser_name(one.name),
                network=one.network,
                created_at=one.created_at,
                seen_at=one.seen_at,
                trusted_until=one.trusted_until,
                here=f"{here}/browsers/{one.id}/forget",
            )
            for one in seats.browsers
        ),
    )


def _factors(factors: Factors, here: str) -> tuple[FactorView, ...]:
    kinds = (("Authenticator", factors.authenticators), ("Passkey", factors.passkeys))
    return tuple(
        FactorView(
            id=str(one.id),
            name=one.name,
            kind=kind,
            created_at=one.created_at,
            used_at=one.used_at,
            here=f"{here}/factors/{one.id}/remove",
        )
        for kind, these in kinds
        for one in these
    )


_WAYS = {
    Method.PASSWORD: "password",
    Method.CODE: "code",
    Method.RECOVERY_CODE: "recovery code",
    Method.PASSKEY: "passkey",
    Method.PROVIDER: "a provider",
}


def _methods(methods: Sequence[Method]) -> str:
    return " and ".join(_WAYS[method] for method in methods)


async def _app(screen: Screen, factors: FactorService, filled: Filled[AppForm]) -> Template:
    user = screen.visit.user
    if user is None:
        raise NotFound("There is no such page.")
    issuer = house_of(screen.request).name
    new = factors.new_secret(user.email, issuer, filled.value("secret"))
    view = AppView(filled=filled, picture=picture_of(new))
    crumbs = (_ACCOUNT, _SECURITY, Crumb("New authenticator"))
    return await screen.show(
        "pages/account/authenticator.html", view, crumbs=crumbs, status=filled.status
    )


async def _passkey(screen: Screen, filled: Filled[PasskeyForm]) -> Template:
    crumbs = (_ACCOUNT, _SECURITY, Crumb("New passkey"))
    return await screen.show(
        "pages/account/passkey.html",
        PasskeyView(filled),
        crumbs=crumbs,
        status=filled.status,
    )


async def _password(screen: Screen, filled: Filled[PasswordForm]) -> Template:
    user = screen.visit.user
    if user is None:
        raise NotFound("There is no such page.")
    view = PasswordView(filled=filled, email=user.email, must=user.must_change_password)
    crumbs = (_ACCOUNT, _SECURITY, Crumb("Password"))
    return await screen.show(
        "pages/account/password.html", view, crumbs=crumbs, status=filled.status
    )
