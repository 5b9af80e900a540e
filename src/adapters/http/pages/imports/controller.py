"""The rooms in which the MSP imports the supplier's feed."""

import re
from collections.abc import AsyncIterator
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from msgspec import Struct

from adapters.http.forms import Filled, Form
from adapters.http.pages.imports.views import (
    DESK,
    LARGEST_UPLOAD,
    ApplyForm,
    FaultsView,
    Kind,
    ListView,
    NewView,
    UploadForm,
    faults_of,
    host_of,
    import_of,
    row_of,
)
from adapters.http.screen import Screen
from adapters.http.shell import Crumb
from portal_core.commerce.feed_import import FeedImport
from portal_core.commerce.imports import ImportService
from portal_core.companies.settings import SettingsService
from portal_core.errors import Conflict, Invalid
from portal_core.identity.actor import Actor
from portal_core.ids import ImportId

_CRUMB = Crumb("Feed imports", DESK)
_PIECE = 500_000
_LONGEST_NAME = 200
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


class ImportsQuery(Struct, frozen=True, kw_only=True):
    """The state of the list, in its address."""

    cursor: str = ""


class ImportQuery(Struct, frozen=True, kw_only=True):
    """Which faults of an import are shown, in its address."""

    kind: Kind | None = None
    cursor: str = ""


class ImportPages(Controller):
    """Imports of the supplier's feed."""

    path = DESK

    @get()
    async def list(
        self,
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        imports: NamedDependency[ImportService],
    ) -> Template:
        """List the imports, newest first."""
        query = screen.query(ImportsQuery)
        page = await imports.page(actor, screen.window(query.cursor))
        view = ListView(
            address=screen.address,
            rows=tuple(row_of(feed_import) for feed_import in page.items),
            prev=screen.cursor(page.prev),
            next=screen.cursor(page.next),
        )
        crumbs = (Crumb(_CRUMB.label),)
        return await screen.show("pages/imports/list.html", view, crumbs=crumbs)

    @get("/new")
    async def new(
        self,
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        portal_settings: NamedDependency[SettingsService],
    ) -> Template:
        """Ask for a feed."""
        return await _new(screen, actor, portal_settings, Filled.of(UploadForm()))

    @post(request_max_body_size=LARGEST_UPLOAD)
    async def upload(
        self,
        data: Form[UploadForm],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        imports: NamedDependency[ImportService],
        portal_settings: NamedDependency[SettingsService],
    ) -> Template | Redirect:
        """Take a feed in, and go where one sees what it would do."""
        try:
            file = _chosen(data.fields)
            feed_import = await imports.upload(actor, _name_of(file), _pieces(file))
        except Invalid as refusal:
            return await _new(screen, actor, portal_settings, data.refused(refusal))
        return screen.go(f"{DESK}/{feed_import.id}", "import-begun")

    @post("/fetch")
    async def fetch(
        self,
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        imports: NamedDependency[ImportService],
    ) -> Redirect:
        """Have the feed fetched from its address, and go where one sees it."""
        feed_import = await imports.fetch(actor)
        return screen.go(f"{DESK}/{feed_import.id}", "import-begun")

    @get("/{import_id:uuid}")
    async def show(
        self,
        import_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        imports: NamedDependency[ImportService],
    ) -> Template:
        """Show an import: how far it is, what it would do, or what it did."""
        feed_import = await imports.get(actor, ImportId(import_id))
        return await _show(screen, actor, imports, feed_import)

    @get("/{import_id:uuid}/progress")
    async def progress(
        self,
        import_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        imports: NamedDependency[ImportService],
    ) -> Template | Response[None]:
        """Tell htmx how far an import is; once it is further, have the page loaded anew."""
        feed_import = await imports.get(actor, ImportId(import_id))
        if not feed_import.under_way:
            return Response(None, headers={"hx-refresh": "true"})
        view = import_of(feed_import, screen.address, None)
        return screen.fragment("pages/imports/_progress.html", view)

    @post("/{import_id:uuid}/apply")
    async def apply(
        self,
        data: Form[ApplyForm],
        import_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        imports: NamedDependency[ImportService],
    ) -> Template | Redirect:
        """Have a feed applied; ask again if it shrank."""
        wanted = ImportId(import_id)
        try:
            await imports.apply(actor, wanted, forced=data.fields.forced)
        except Conflict as refusal:
            if refusal.code != "shrank":
                raise
            feed_import = await imports.get(actor, wanted)
            return await _show(screen, actor, imports, feed_import, refusal.message)
        return screen.go(f"{DESK}/{import_id}", "import-applying")

    @post("/{import_id:uuid}/discard")
    async def discard(
        self,
        import_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        imports: NamedDependency[ImportService],
    ) -> Redirect:
        """Throw away what was read."""
        await imports.discard(actor, ImportId(import_id))
        return screen.go(f"{DESK}/{import_id}", "import-discarded")


async def _show(
    screen: Screen,
    actor: Actor,
    imports: ImportService,
    feed_import: FeedImport,
    shrunk: str = "",
) -> Template:
    faults = None if shrunk else await _faults(screen, actor, imports, feed_import)
    view = import_of(feed_import, screen.address, faults, shrunk=shrunk)
    crumbs = (_CRUMB, Crumb(view.source))
    status = 409 if shrunk else 200
    return await screen.show(
        "pages/imports/import.html", view, crumbs=crumbs, status=status
    )


async def _faults(
    screen: Screen, actor: Actor, imports: ImportService, feed_import: FeedImport
) -> FaultsView | None:
    """Return a part of what is wrong with the feed, once it is read."""
    if feed_import.under_way or feed_import.skipped + feed_import.warnings == 0:
        return None
    query = screen.query(ImportQuery)
    kind = query.kind or (Kind.SKIPPED if feed_import.skipped else Kind.WARNINGS)
    skipped = {Kind.SKIPPED: True, Kind.WARNINGS: False}.get(kind)
    window = screen.window(query.cursor, kind)
    page = await imports.faults(actor, feed_import.id, window, skipped=skipped)
    return faults_of(
        feed_import,
        page,
        kind,
        prev=screen.cursor(page.prev, kind),
        next=screen.cursor(page.next, kind),
    )


async def _new(
    screen: Screen,
    actor: Actor,
    portal_settings: SettingsService,
    filled: Filled[UploadForm],
) -> Template:
    settings = await portal_settings.get(actor)
    view = NewView(
        filled=filled,
        host=host_of(settings.feed_url),
        megabytes=LARGEST_UPLOAD // 1_000_000,
    )
    crumbs = (_CRUMB, Crumb("New import"))
    return await screen.show(
        "pages/imports/new.html", view, crumbs=crumbs, status=filled.status
    )


def _chosen(form: UploadForm) -> UploadFile:
    if form.file is None:
        raise Invalid("Choose a file.", field="file", code="required")
    return form.file


def _name_of(file: UploadFile) -> str:
    """Return the name of the file, as it may be stored and shown."""
    name = _UNPRINTABLE.sub("", file.filename).replace("\\", "/").rpartition("/")[2]
    return name[:_LONGEST_NAME] or "feed.xml"


async def _pieces(file: UploadFile) -> AsyncIterator[bytes]:
    while piece := await file.read(_PIECE):
        yield piece
