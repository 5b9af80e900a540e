"""What holds for every page, seen in the gallery, which shows every part of the look."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.di import Provide
from litestar.testing import TestClient

import adapters.http
from adapters.http.pages.gallery.controller import Gallery
from adapters.http.shell import Flash, Shell, client_sections, msp_sections
from adapters.http.static_files import STATIC, read_manifest
from adapters.http.templating import environment, template_config
from portal_core.identity.permissions import ROLES, Permission, Role

HTTP = Path(adapters.http.__file__).parent
TEMPLATES = sorted(path.relative_to(HTTP).as_posix() for path in HTTP.rglob("*.html"))
EVERYTHING = frozenset(Permission)
SHELL = Shell(portal_name="Atrium", request_id="r-1", nonce="n-1", csrf_token="t-1")


class Outline(HTMLParser):
    """The tags of a page, each with its attributes."""

    def __init__(self, text):
        super().__init__()
        self.tags = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def all(self, name):
        return [attributes for tag, attributes in self.tags if tag == name]


@pytest.fixture(scope="module")
def gallery():
    app = Litestar(
        [Gallery],
        dependencies={"shell": Provide(lambda: SHELL, sync_to_thread=False)},
        template_config=template_config(read_manifest(), home_currency="AUD"),
    )
    with TestClient(app) as client:
        answer = client.get("/gallery")
    assert answer.status_code == 200
    return Outline(answer.text)


@pytest.mark.parametrize("template", TEMPLATES)
def test_no_template_writes_what_the_policy_refuses(template):
    text = (HTTP / template).read_text()
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|\|\s*safe\b", text)
    assert all("nonce=" in script for script in re.findall(r"<script[^>]*>", text))
    assert not re.search(r"<script[^>]*>\s*[^<\s]", text)


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_class_in_a_template_has_a_style(template):
    sheets = [a.file for a in read_manifest().assets.values() if a.file.endswith(".css")]
    styles = "".join((STATIC / sheet).read_text() for sheet in sheets)
    escaped = re.findall(r"\.((?:[\w-]|\\.)+)", styles)
    known = {name.replace("\\", "") for name in escaped}
    text = re.sub(r"[\w-]*\{([{%]).*?[}%]\}[\w-]*", " ", (HTTP / template).read_text())
    used = {
        name for names in re.findall(r'class="([^"]*)"', text) for name in names.split()
    }
    assert used <= known, "build the front end, or write the style"


def test_every_template_can_be_compiled():
    jinja = environment(read_manifest(), home_currency="AUD")
    for template in TEMPLATES:
        jinja.get_template(template)


def test_a_page_has_one_title_and_one_main_part(gallery):
    assert [len(gallery.all(tag)) for tag in ("h1", "main", "title")] == [1, 1, 1]


def test_no_id_stands_twice(gallery):
    ids = [attributes["id"] for _, attributes in gallery.tags if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_every_reference_points_at_something(gallery):
    ids = {attributes.get("id") for _, attributes in gallery.tags}
    names = ("aria-describedby", "aria-labelledby", "popovertarget", "for", "form")
    wanted = {
        name
        for _, attributes in gallery.tags
        for reference in names
        for name in (attributes.get(reference) or "").split()
    }
    assert wanted <= ids


def test_every_form_that_changes_something_carries_the_token(gallery):
    posts = [form for form in gallery.all("form") if form.get("method") == "post"]
    tokens = [field for field in gallery.all("input") if field.get("name") == "csrf_token"]
    assert len(posts) == len(tokens) > 5
    assert {field["value"] for field in tokens} == {"t-1"}


def test_scripts_carry_the_nonce(gallery):
    assert [script["nonce"] for script in gallery.all("script")] == ["n-1"]


def test_every_asset_is_ours_and_fingerprinted(gallery):
    links = [link["href"] for link in gallery.all("link")]
    links += [script["src"] for script in gallery.all("script")]
    assert all(re.fullmatch(r"/static/[\w-]+-[0-9a-f]{12}\.\w+", link) for link in links)


def test_a_page_before_sign_in_needs_no_person():
    jinja = environment(read_manifest(), home_currency="AUD")
    shell = Shell(
        portal_name="Atrium",
        request_id="r",
        nonce="n",
        csrf_token="t",
        flash=Flash("info", "<Bye>"),
    )
    text = jinja.get_template("layouts/bare.html").render(shell=shell)
    assert "&lt;Bye&gt;" in text
    assert 'data-theme="auto"' in text


def labels(sections):
    return [item.label for section in sections for item in section.items]


def test_a_member_sees_the_rooms_that_are_open_to_them():
    def rooms(role):
        return labels(client_sections("acme", may=ROLES[role], path="/c/acme/home"))

    assert rooms(Role.MEMBER) == ["Home"]
    assert rooms(Role.BUYER) == ["Home", "Shop", "Cart", "Orders"]
    assert rooms(Role.ADMINISTRATOR) == ["Home", "Shop", "Cart", "Orders", "People"]


def test_a_section_without_a_room_is_left_out():
    sections = msp_sections(may={Permission.FULFIL_ORDERS}, path="/admin")
    assert [section.label for section in sections] == [""]
    assert labels(sections) == ["Dashboard", "Orders"]


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("/admin", "Dashboard"),
        ("/admin/orders", "Orders"),
        ("/admin/orders/SO-1", "Orders"),
        ("/admin/ordersheet", "Dashboard"),
        ("/elsewhere", None),
    ],
)
def test_one_room_at_most_is_the_current_one(path, label):
    sections = msp_sections(may=EVERYTHING, path=path)
    current = [item.label for section in sections for item in section.items if item.current]
    assert current == ([label] if label else [])


def test_the_cart_shows_its_count():
    sections = client_sections("acme", may=EVERYTHING, path="/c/acme/shop", cart_count=3)
    assert [item.badge for item in sections[0].items] == [0, 0, 3, 0]
