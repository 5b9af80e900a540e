"""Where the API describes itself."""

from collections.abc import Callable

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.response import Template

from adapters.http.api.router import ROOT
from adapters.http.bare import bare_shell
from adapters.http.calls import AnyRequest
from adapters.http.csrf import PUBLIC


class Document:
    """The OpenAPI document, made when somebody first asks for it."""

    def __init__(self, make: Callable[[], bytes]) -> None:
        self._make = make
        self._made = b""

    def __call__(self) -> bytes:
        """Return the document as JSON."""
        if not self._made:
            self._made = self._make()
        return self._made


class ReferencePages(Controller):
    """The OpenAPI document, and the explorer that shows it."""

    include_in_schema = False

    @get("/api/docs", opt={PUBLIC: True})
    async def explorer(self, request: AnyRequest) -> Template:
        """Show the document, and let programmers try it out."""
        context = {"shell": bare_shell(request), "openapi": f"{ROOT}/openapi.json"}
        return Template("pages/reference/explorer.html", context=context)

    @get(f"{ROOT}/openapi.json", sync_to_thread=True)
    def openapi(self, document: NamedDependency[Document]) -> Response[bytes]:
        """Return the OpenAPI document."""
        headers = {"cache-control": "public, max-age=300"}
        return Response(document(), media_type="application/json", headers=headers)
