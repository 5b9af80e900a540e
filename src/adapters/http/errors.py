"""How failures look over HTTP: a page for people, problem details for programs."""

import math
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import (
    HTTPException,
    SerializationException,
    ValidationException,
)
from litestar.response import Redirect, Template
from litestar.types import Receive, Scope, Send
from msgspec import Struct
from msgspec.structs import replace

from adapters.http.bare import bare_shell
from adapters.http.calls import AnyRequest, call_of
from adapters.http.flashes import flash_cookie
from adapters.http.house import house_of
from adapters.http.proof import ask_for_proof
from portal_core.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    PortalError,
    Problem,
    ProofNeeded,
    Throttled,
    Unavailable,
)

STATUS: Mapping[type[PortalError], int] = {
    NotFound: 404,
    Forbidden: 403,
    ProofNeeded: 403,
    Invalid: 422,
    Conflict: 409,
    Throttled: 429,
    Unavailable: 503,
}

PROBLEM_TYPE = "application/problem+json"
_INDEX = re.compile(r"\[(\d+|\.\.\.)\]")
_NAMED = re.compile(
    r"Object (?P<what>contains unknown|missing required) field `(?P<name>.+)`"
)
_RETRY_SECONDS = 5
_SAFE = {"GET", "HEAD", "OPTIONS"}
_SERVER_ERROR = 500

_log = structlog.get_logger("portal.http")


class Refusal(Exception):
    """A request that the house itself refuses, before any service hears of it."""

    def __init__(
        self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})


class SignInNeeded(Refusal):
    """Nobody is signed in, or the key opens nothing."""

    def __init__(self) -> None:
        message = "Sign in first. Programs send their key as “Authorization: Bearer KEY”."
        super().__init__(401, "sign_in_needed", message, {"www-authenticate": "Bearer"})


class PasswordChangeNeeded(Refusal):
    """Somebody else chose this person's password: they choose their own first."""

    def __init__(self) -> None:
        super().__init__(403, "password_change_needed", "Choose a new password first.")


class Failure(Struct, frozen=True, kw_only=True):
    """What the caller is told. `detail` is for people; `code` is for programs."""

    status: int
    code: str
    detail: str
    problems: tuple[Problem, ...] = ()
    headers: Mapping[str, str] = {}


class ErrorView(Struct, frozen=True, kw_only=True):
    """What the error page reads."""

    status: int
    title: str
    detail: str
    saved: str
    problems: tuple[Problem, ...]
    request_id: str


_BY_STATUS: Mapping[int, tuple[str, str]] = {
    400: ("malformed", "The request could not be understood."),
    401: ("sign_in_needed", "Sign in first."),
    403: ("forbidden", "You may not do this."),
    404: ("not_found", "There is no such page, or it is not for you."),
    405: ("method_not_allowed", "This address does not do that."),
    413: ("too_large", "What you sent is too large for this address."),
    415: ("unsupported_media_type", "This address takes another type of content."),
    429: ("throttled", "Too many requests. Wait a moment, then try again."),
    503: ("unavailable", "The portal can't answer right now. Try again in a moment."),
}
_UNEXPECTED = ("unexpected", "Something went wrong on our side.")

_TITLES: Mapping[int, str] = {
    400: "That request could not be understood",
    403: "You may not do this",
    404: "Page not found",
    405: "This address does not do that",
    409: "That is not possible right now",
    413: "That is too large",
    422: "Something needs your attention",
    429: "Too many tries",
    503: "Not available right now",
}


def show_error(request: AnyRequest, error: Exception) -> Response[Any]:
    """Return what the caller sees of a failure. What was not foreseen is logged in full."""
    failure = failure_of(error)
    if failure.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        failure = replace(failure, detail=_limit_told(request))
    if failure.status >= _SERVER_ERROR:
        _log.error("failed", code=failure.code, exc_info=error)
    if isinstance(error, ProofNeeded) and not request.scope["path"].startswith("/api/"):
        return ask_for_proof(request, failure.status, failure.problems)
    if wants_problem(request):
        return problem(request, failure)
    return _way_on(request, error) or _page(request, failure)


async def refuse(refusal: Refusal, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a request that never reaches the router."""
    request: AnyRequest = Request(scope, receive=receive, send=send)
    response = show_error(request, refusal)
    await response.to_asgi_response(app=None, request=request)(scope, receive, send)


def failure_of(error: Exception) -> Failure:
    """Return what may be told of an error. Nothing of an unforeseen one is."""
    if isinstance(error, PortalError):
        return Failure(
            status=STATUS[type(error)],
            code=error.code,
            detail=error.message,
            problems=error.problems,
            headers=_waiting(error),
        )
    if isinstance(error, Refusal):
        return Failure(
            status=error.status,
            code=error.code,
            detail=error.message,
            headers=error.headers,
        )
    if isinstance(error, ValidationException):
        return failure_of(Invalid.of([_broken(one) for one in _extra(error)]))
    status = error.status_code if isinstance(error, HTTPException) else _SERVER_ERROR
    code, detail = _BY_STATUS.get(status, _UNEXPECTED)
    if isinstance(error.__cause__, SerializationException):
        detail = f"The body is not JSON that we can read: {error.__cause__.detail}."
    return Failure(status=status, code=code, detail=detail, headers=_allowed(error))


def wants_problem(request: AnyRequest) -> bool:
    """Return whether the caller is a program: of the API, of our pages, or by its word."""
    if request.scope["path"].startswith("/api/") or "hx-request" in request.headers:
        return True
    accept = request.headers.get("accept", "")
    return "json" in accept and "text/html" not in accept


def problem(request: AnyRequest, failure: Failure) -> Response[bytes]:
    """Return problem details (RFC 9457)."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(failure.status).phrase,
        "status": failure.status,
        "detail": failure.detail,
        "code": failure.code,
        "request_id": call_of(request).request_id,
    }
    if failure.problems:
        body["errors"] = [_member(request, one) for one in failure.problems]
    return Response(
        msgspec.json.encode(body),
        status_code=failure.status,
        media_type=PROBLEM_TYPE,
        headers=dict(failure.headers),
    )


def _member(request: AnyRequest, one: Problem) -> dict[str, str]:
    """Return one entry of `errors`: with a pointer into the body, or a parameter."""
    told = {"detail": one.message, "code": one.code}
    if request.method in _SAFE or one.field.lower() in request.headers:
        return {"parameter": one.field, **told}
    return {"pointer": "#/" + one.field.replace(".", "/") if one.field else "#", **told}


def _extra(error: ValidationException) -> list[dict[str, Any]]:
    return error.extra if isinstance(error.extra, list) else [{}]


def _broken(one: Mapping[str, Any]) -> Problem:
    """Return what Litestar and msgspec found wrong, in our words."""
    message, key = str(one.get("message", "")), str(one.get("key", ""))
    if message == "'data'":  # Litestar's word for the whole body
        return Problem("", "Send a JSON body.", "required")
    field = _INDEX.sub(r".\1", "" if key == "data" else key)
    named = _NAMED.fullmatch(message)
    if named is None:
        return Problem(field, f"{message.replace('`', '')}.")
    field = f"{field}.{named['name']}" if field else named["name"]
    if named["what"] == "contains unknown":
        said = f"There is no field “{named['name']}” here."
        return Problem(field, said, "unknown_field")
    return Problem(field, "This is needed.", "required")


def _page(request: AnyRequest, failure: Failure) -> Template:
    status = failure.status
    # A page that exists for others and one that does not exist read alike.
    hidden = status == HTTPStatus.NOT_FOUND
    view = ErrorView(
        status=status,
        title=_TITLES.get(status, "Something went wrong on our side"),
        detail=_BY_STATUS[404][1] if hidden else failure.detail,
        saved=_saved(request, status),
        problems=() if hidden else failure.problems,
        request_id=call_of(request).request_id,
    )
    return Template(
        "pages/errors/error.html",
        context={"shell": bare_shell(request), "error": view},
        status_code=status,
        headers=dict(failure.headers),
    )


def _saved(request: AnyRequest, status: int) -> str:
    if request.method in _SAFE:
        return ""
    if status == _SERVER_ERROR:
        return "Your change may or may not be saved. Look before you send it again."
    return "Nothing was saved."


def _way_on(request: AnyRequest, error: Exception) -> Redirect | None:
    """Return where somebody goes first who has something to do before this."""
    if isinstance(error, PasswordChangeNeeded):
        return Redirect("/account/password", status_code=303)
    return _to_sign_in(request) if isinstance(error, SignInNeeded) else None


def _to_sign_in(request: AnyRequest) -> Redirect:
    """Return the way to the sign-in page, and from there back to this page."""
    if request.method in _SAFE:
        path, query = request.scope["path"], request.scope.get("query_string", b"").decode()
        there = f"{path}?{query}" if query else path
        back = "" if there == "/" else "?" + urlencode({"next": there})
        return Redirect(f"/login{back}", status_code=303)
    cookie = flash_cookie(house_of(request), "signed-out-meanwhile")
    return Redirect("/login", status_code=303, cookies=[cookie])


def _limit_told(request: AnyRequest) -> str:
    """Say how much the address takes, if it says so itself."""
    limit = request.route_handler.resolve_request_max_body_size()
    told = _BY_STATUS[413][1]
    return f"{told} It takes at most {limit // 1_000_000} MB." if limit else told


def _waiting(error: PortalError) -> dict[str, str]:
    if isinstance(error, Throttled):
        return {"retry-after": str(max(1, math.ceil(error.wait.total_seconds())))}
    if isinstance(error, Unavailable):
        return {"retry-after": str(_RETRY_SECONDS)}
    return {}


def _allowed(error: Exception) -> dict[str, str]:
    headers = error.headers if isinstance(error, HTTPException) and error.headers else {}
    allowed = headers.get("allow", "")
    if not allowed:
        return {}
    methods = {method.strip() for method in allowed.split(",")}
    return {"allow": ", ".join(sorted(methods | {"HEAD"} if "GET" in methods else methods))}
