"""What browsers send, and what a form makes of it."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import pytest
from litestar import Litestar, Request, post
from litestar.datastructures import UploadFile
from litestar.middleware import ASGIMiddleware
from litestar.testing import AsyncTestClient
from msgspec import Meta, Struct, field

from adapters.http.forms import FORM_DECODERS, Filled, Form, fill, read_form, read_query
from portal_core.errors import Conflict, Invalid

AN_ID = "01970000-0000-7000-8000-0000000000c1"


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Everything(Struct, frozen=True, kw_only=True):
    text: str = ""
    short: Annotated[str, Meta(max_length=5)] = ""
    needed: Annotated[str, Meta(min_length=1)] = "there"
    number: int | None = None
    quantity: Annotated[int, Meta(ge=1, le=99)] = 1
    factor: Decimal | None = None
    when: date | None = None
    box: bool = False
    colour: Colour = Colour.RED
    id: UUID | None = None
    many: list[int] = field(default_factory=list)
    words: tuple[str, ...] = ()
    page: int | None = field(default=None, name="the-page")


class Required(Struct, frozen=True, kw_only=True):
    quantity: int
    text: str


READ = [
    ({}, Everything()),
    ({"text": ["  as typed "]}, Everything(text="  as typed ")),
    ({"text": ["one\r\ntwo\t✓"]}, Everything(text="one\r\ntwo\t✓")),
    ({"text": ["first", "last"]}, Everything(text="last")),
    ({"number": [""]}, Everything(number=None)),
    ({"number": ["  "]}, Everything(number=None)),
    ({"number": [" 12 "]}, Everything(number=12)),
    ({"number": ["-3"]}, Everything(number=-3)),
    ({"quantity": [""]}, Everything(quantity=1)),
    ({"factor": ["1.50"]}, Everything(factor=Decimal("1.50"))),
    ({"when": ["2026-03-31"]}, Everything(when=date(2026, 3, 31))),
    ({"box": ["on"]}, Everything(box=True)),
    ({"box": ["true"]}, Everything(box=True)),
    ({"box": ["off", "on"]}, Everything(box=True)),
    ({"box": [""]}, Everything(box=False)),
    ({"colour": ["blue"]}, Everything(colour=Colour.BLUE)),
    ({"id": [AN_ID]}, Everything(id=UUID(AN_ID))),
    ({"id": [""]}, Everything(id=None)),
    ({"many": ["7"]}, Everything(many=[7])),
    ({"many": ["7", "", "8"]}, Everything(many=[7, 8])),
    ({"words": ["one"]}, Everything(words=("one",))),
    ({"the-page": ["3"]}, Everything(page=3)),
    ({"csrf_token": ["x"], "idempotency_key": ["y"]}, Everything()),
]
REFUSED = [
    ({"surprise": ["1"]}, "surprise", "unknown"),
    ({"page": ["1"]}, "page", "unknown"),
    ({"number": ["twelve"]}, "number", "invalid"),
    ({"number": ["1e5"]}, "number", "invalid"),
    ({"number": ["9" * 30]}, "number", "invalid"),
    ({"quantity": ["0"]}, "quantity", "invalid"),
    ({"quantity": ["100"]}, "quantity", "invalid"),
    ({"short": ["123456"]}, "short", "too_long"),
    ({"text": ["x" * 10_001]}, "text", "too_long"),
    ({"text": ["a\x00b"]}, "text", "characters"),
    ({"text": ["a\ud800b"]}, "text", "characters"),
    ({"words": ["fine", "a\x1bb"]}, "words", "characters"),
    ({"factor": ["a lot"]}, "factor", "invalid"),
    ({"when": ["31/03/2026"]}, "when", "invalid"),
    ({"box": ["perhaps"]}, "box", "invalid"),
    ({"colour": ["green"]}, "colour", "invalid"),
    ({"id": ["1"]}, "id", "invalid"),
    ({"many": ["7", "x"]}, "many", "invalid"),
]


@pytest.mark.parametrize(("sent", "meant"), READ)
def test_what_browsers_send_is_understood(sent, meant):
    assert fill(Everything, sent).fields == meant


@pytest.mark.parametrize(("sent", "name", "code"), REFUSED)
def test_what_makes_no_sense_is_refused_by_name(sent, name, code):
    filled = fill(Everything, sent)
    assert [(one.field, one.code) for one in filled.problems] == [(name, code)]
    assert filled.status == 422
    with pytest.raises(Invalid):
        _ = filled.fields


def test_every_broken_field_is_named_at_once():
    filled = fill(Everything, {"number": ["x"], "when": ["x"], "odd": ["x"]})
    assert {one.field for one in filled.problems} == {"number", "when", "odd"}


def test_what_is_needed_is_asked_for():
    filled = fill(Required, {})
    assert [(one.field, one.code) for one in filled.problems] == [("quantity", "required")]
    assert fill(Required, {"quantity": ["1"]}).fields.text == ""


def test_the_form_shows_again_what_was_typed():
    filled = fill(Everything, {"number": ["twelve"], "words": ["a", "b"], "box": ["on"]})
    assert filled.value("number") == "twelve"
    assert filled.values("words") == ("a", "b")
    assert filled.checked("box")
    assert filled.error("number") == "Enter a whole number."
    assert filled.error("words") == ""
    assert filled.value("nothing") == ""


def test_the_token_is_not_shown_again():
    assert fill(Everything, {"csrf_token": ["secret"]}).value("csrf_token") == ""


def test_a_form_of_something_that_exists():
    filled = Filled.of(Everything(number=3, box=True, words=("a",), when=date(2026, 1, 2)))
    assert filled.value("number") == "3"
    assert filled.checked("box")
    assert filled.values("words") == ("a",)
    assert filled.value("when") == "2026-01-02"
    assert filled.value("id") == ""
    assert filled.status == 200


def test_a_refusal_of_the_service_joins():
    filled = fill(Everything, {"text": ["x"]})
    refused = filled.refused(Invalid("Too short.", field="text"))
    assert (refused.status, refused.error("text")) == (422, "Too short.")
    assert refused.value("text") == "x"
    conflict = filled.refused(Conflict("Somebody was faster."))
    assert (conflict.status, conflict.error("")) == (409, "Somebody was faster.")


def test_a_query_ignores_what_it_does_not_know():
    assert read_query(Everything, b"number=3&utm_source=mail").number == 3
    assert read_query(Everything, b"text=caf%C3%A9+au+lait").text == "café au lait"
    with pytest.raises(Invalid):
        read_query(Everything, b"number=x")


class WithFile(Struct, frozen=True, kw_only=True):
    name: str = ""
    file: UploadFile | None = None


@post("/", status_code=200)
async def echo(data: Form[WithFile]) -> str:
    """Say what came."""
    fields = data.fields
    content = (await fields.file.read()).decode() if fields.file else ""
    return f"{fields.name}|{content}"


class Reading(ASGIMiddleware):
    """Reads the form, as the guard against forgery does."""

    async def handle(self, scope, receive, send, next_app):
        await read_form(Request(scope, receive=receive))
        await next_app(scope, receive, send)


async def test_multipart_with_a_file():
    app = Litestar([echo], type_decoders=FORM_DECODERS, middleware=[Reading()])
    async with AsyncTestClient(app) as client:
        files = {"file": ("feed.xml", b"<rss/>", "text/xml")}
        answer = await client.post("/", data={"name": "Ann"}, files=files)
        assert answer.text == "Ann|<rss/>"
