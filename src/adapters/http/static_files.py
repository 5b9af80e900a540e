"""The built front end, answered from memory: fingerprinted, compressed, immutable."""

from collections.abc import Mapping
from pathlib import Path

import msgspec
from litestar import asgi
from litestar.handlers import ASGIRouteHandler
from litestar.types import Receive, Scope, Send
from msgspec import Struct

from adapters.http.csrf import PUBLIC

STATIC = Path(__file__).parent / "static"
PREFIX = "/static"

_FOREVER = b"public, max-age=31536000, immutable"
_A_DAY = b"public, max-age=86400"
_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))


class Asset(Struct, frozen=True):
    """A built file: its name with the fingerprint, its media type and its digest."""

    file: str
    type: str
    integrity: str


class Manifest(Struct, frozen=True):
    """What the build wrote: files by their plain name, and the icons in the sprite."""

    assets: Mapping[str, Asset]
    icons: frozenset[str]


class Body(Struct, frozen=True):
    """One way to send a file, with every header that does not depend on the request."""

    content: bytes
    headers: tuple[tuple[bytes, bytes], ...]


class StaticFile(Struct, frozen=True):
    """A file in memory: as it is, and by encoding, smallest first."""

    plain: Body
    encoded: tuple[tuple[str, Body], ...]


def read_manifest(folder: Path = STATIC) -> Manifest:
    """Return what the build wrote. Raises FileNotFoundError if it never ran."""
    try:
        return msgspec.json.decode((folder / "manifest.json").read_bytes(), type=Manifest)
    except FileNotFoundError as error:
        message = f"{folder} holds no front end. Cure: python hatch_build.py"
        raise FileNotFoundError(message) from error


def read_files(manifest: Manifest, folder: Path = STATIC) -> dict[str, StaticFile]:
    """Return every file of the manifest by the name that it has in addresses."""
    return {
        asset.file: _read(folder, asset, _FOREVER) for asset in manifest.assets.values()
    }


def static_routes(manifest: Manifest, folder: Path = STATIC) -> list[ASGIRouteHandler]:
    """Return the handlers of `/static/…` and `/favicon.ico`."""
    files = read_files(manifest, folder)
    favicon = _read(folder, manifest.assets["favicon.ico"], _A_DAY)

    @asgi(PREFIX, is_mount=True, copy_scope=True, opt={PUBLIC: True})
    async def static(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI's words
        """Answer a file of the front end."""
        name = scope["path"].removeprefix(PREFIX).strip("/")
        await _answer(files.get(name), scope, send)

    @asgi("/favicon.ico", copy_scope=True, opt={PUBLIC: True})
    async def icon(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI's words
        """Answer the icon that browsers ask for unasked."""
        await _answer(favicon, scope, send)

    return [static, icon]


def _read(folder: Path, asset: Asset, caching: bytes) -> StaticFile:
    path = folder / asset.file
    etag = f'"{asset.integrity.removeprefix("sha256-")[:22]}"'
    common = (
        (b"content-type", asset.type.encode()),
        (b"cache-control", caching),
        (b"vary", b"accept-encoding"),
        (b"x-content-type-options", b"nosniff"),
        (b"cross-origin-resource-policy", b"same-origin"),
    )
    encoded = []
    for encoding, suffix in _ENCODINGS:
        twin = path.with_name(path.name + suffix)
        if twin.exists():
            # A different representation needs a tag of its own (RFC 9110 §8.8.3.3).
            headers = (
                *common,
                (b"etag", _tag(etag, encoding)),
                (b"content-encoding", encoding.encode()),
            )
            encoded.append((encoding, _body(twin.read_bytes(), headers)))
    plain = _body(path.read_bytes(), (*common, (b"etag", etag.encode())))
    return StaticFile(plain, tuple(encoded))


def _tag(etag: str, encoding: str) -> bytes:
    return f'{etag[:-1]}-{encoding}"'.encode()


def _body(content: bytes, headers: tuple[tuple[bytes, bytes], ...]) -> Body:
    return Body(content, (*headers, (b"content-length", str(len(content)).encode())))


async def _answer(file: StaticFile | None, scope: Scope, send: Send) -> None:
    method = scope.get("method")
    if method not in {"GET", "HEAD"}:
        await _send(send, 405, ((b"allow", b"GET, HEAD"), (b"content-length", b"0")))
        return
    if file is None:
        await _send(send, 404, ((b"content-length", b"0"),))
        return
    asked = dict(scope["headers"])
    body = _best(file, asked.get(b"accept-encoding", b"").decode("latin-1"))
    if _known(body, asked.get(b"if-none-match", b"")):
        kept = (b"cache-control", b"etag", b"vary")
        await _send(send, 304, tuple(pair for pair in body.headers if pair[0] in kept))
        return
    await _send(send, 200, body.headers, b"" if method == "HEAD" else body.content)


def _best(file: StaticFile, accept: str) -> Body:
    wanted = accepted_encodings(accept)
    for encoding, body in file.encoded:
        if wanted.get(encoding, wanted.get("*", 0.0)) > 0:
            return body
    return file.plain


def accepted_encodings(header: str) -> dict[str, float]:
    """Return the weight of each coding that `Accept-Encoding` names (RFC 9110 §12.5.3)."""
    weights = {}
    for part in header.lower().split(","):
        coding, _, weight = part.partition(";")
        if coding := coding.strip():
            weights[coding] = _weight(weight)
    return weights


def _weight(text: str) -> float:
    name, _, value = text.partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


def _known(body: Body, header: bytes) -> bool:
    if not header:
        return False
    etag = next(value for name, value in body.headers if name == b"etag")
    tags = {tag.strip().removeprefix(b"W/") for tag in header.split(b",")}
    return etag in tags or b"*" in tags


async def _send(
    send: Send, status: int, headers: tuple[tuple[bytes, bytes], ...], content: bytes = b""
) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content, "more_body": False})
