"""What `/static/…` answers, byte by byte."""

import gzip

import msgspec
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from adapters.http.static_files import (
    Asset,
    Manifest,
    accepted_encodings,
    read_manifest,
    static_routes,
)

STYLES = b"a{color:red}" * 50
ASSETS = {
    "app.css": Asset("app-1a2b.css", "text/css; charset=utf-8", "sha256-" + "A" * 43 + "="),
    "favicon.ico": Asset("favicon-3c4d.ico", "image/x-icon", "sha256-" + "B" * 43 + "="),
}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "app-1a2b.css").write_bytes(STYLES)
    (tmp_path / "app-1a2b.css.gz").write_bytes(gzip.compress(STYLES))
    (tmp_path / "app-1a2b.css.br").write_bytes(b"the smallest of all")
    (tmp_path / "favicon-3c4d.ico").write_bytes(b"\0\0")
    manifest = Manifest(ASSETS, frozenset({"truck"}))
    (tmp_path / "manifest.json").write_bytes(msgspec.json.encode(manifest))
    return tmp_path


@pytest.fixture
def client(folder):
    with TestClient(Litestar(static_routes(read_manifest(folder), folder))) as client:
        yield client


def asked(client, accept="", method="GET", **headers):
    return client.request(
        method, "/static/app-1a2b.css", headers={"accept-encoding": accept, **headers}
    )


def test_a_file_may_be_kept_for_ever(client):
    answer = asked(client)
    assert answer.content == STYLES
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["vary"] == "accept-encoding"
    assert "content-encoding" not in answer.headers


def test_gzip_is_sent_to_those_who_take_it(client):
    answer = asked(client, "gzip")
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.content == STYLES


@pytest.mark.parametrize(
    ("accept", "encoding"),
    [
        ("gzip, deflate, br", "br"),
        ("br;q=0, gzip", "gzip"),
        ("br;q=0, gzip;q=0", None),
        ("*", "br"),
        ("*;q=0", None),
        ("gzip;q=0, *;q=0.5", "br"),
        ("identity", None),
        ("br;q=nonsense", None),
        ("", None),
    ],
)
def test_the_best_accepted_encoding_is_chosen(client, accept, encoding):
    answer = asked(client, accept, method="HEAD")
    assert answer.headers.get("content-encoding") == encoding


def test_head_tells_the_length_and_sends_nothing(client):
    answer = asked(client, method="HEAD")
    assert (answer.content, answer.headers["content-length"]) == (b"", str(len(STYLES)))


def test_what_is_known_is_not_sent_again(client):
    etag = asked(client).headers["etag"]
    again = asked(client, **{"if-none-match": f'"other", W/{etag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)


def test_each_encoding_has_a_tag_of_its_own(client):
    etag = asked(client).headers["etag"]
    assert asked(client, "br", method="HEAD").headers["etag"] != etag
    assert asked(client, "gzip", **{"if-none-match": etag}).status_code == 200


@pytest.mark.parametrize(
    "path",
    ["app-0000.css", "manifest.json", "../static_files.py", "%2e%2e/shell.py", "", "a/b"],
)
def test_nothing_else_is_there(client, path):
    assert client.get(f"/static/{path}").status_code == 404


def test_files_are_only_read(client):
    answer = client.post("/static/app-1a2b.css")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


def test_the_icon_has_an_address_of_its_own(client):
    answer = client.get("/favicon.ico")
    assert answer.headers["content-type"] == "image/x-icon"
    assert answer.headers["cache-control"] == "public, max-age=86400"


def test_a_missing_build_says_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match="Cure: python hatch_build"):
        read_manifest(tmp_path)


def test_a_weight_is_read_as_browsers_write_it():
    assert accepted_encodings("GZIP; q=0.5 , br") == {"gzip": 0.5, "br": 1.0}
