"""Over HTTP: every failure has a status, every route an actor, no template any logic."""

import importlib
import inspect
import pkgutil
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from jinja2 import Environment, StrictUndefined, nodes

import adapters.http
from adapters.http import pages
from adapters.http.errors import STATUS
from adapters.http.static_files import read_manifest
from adapters.http.templating import environment
from entrypoints.container import Container
from entrypoints.settings import Settings
from entrypoints.web import create_app
from portal_core.errors import PortalError
from tests.architecture.core import CLASSES, EVENTS, named
from tests.architecture.routes import asks_for_an_actor, routes_of

HTTP = Path(adapters.http.__file__).parent
TEMPLATES = sorted([*HTTP.glob("layouts/*.html"), *HTTP.glob("pages/**/*.html")])
PUBLIC = {
    "GET /.well-known/security.txt",
    "GET /api/docs",
    "GET /api/v1/openapi.json",
    "GET /forgot",
    "GET /health/live",
    "GET /health/ready",
    "GET /invite",
    "GET /login",
    "GET /login/factor",
    "GET /metrics",
    "GET /reset",
    "GET /robots.txt",
    "GET /setup",
    "POST /forgot",
    "POST /invite",
    "POST /login",
    "POST /login/enrol",
    "POST /login/factor",
    "GET /login/with/{provider_id:uuid}",
    "GET /login/with/{provider_id:uuid}/back",
    "POST /login/passkey",
    "POST /login/passkey/question",
    "POST /logout",
    "POST /reset",
    "POST /setup",
}
"""What may be asked without being anybody. Each was thought about; so must the next be."""

CALLABLE = {"address", "caller", "filled", "loop", "self", "ui"}
"""What a template may call a part of, beside the macros that it imports itself."""


ENTITIES = {c for c in CLASSES if "version" in getattr(c, "__struct_fields__", ())}
ENTITIES -= set(EVENTS)
"""What is stored and changed: it has a version."""

VIEWS = [
    value
    for found in pkgutil.walk_packages(pages.__path__, pages.__name__ + ".")
    for value in vars(importlib.import_module(found.name)).values()
    if inspect.isclass(value)
    and value.__module__ == found.name
    and value.__name__.endswith("View")
]


def parts_of(hint):
    """Yield a type and, of `tuple[X, …] | None`, all that it is made of."""
    yield hint
    for part in get_args(hint):
        yield from parts_of(part)


@pytest.fixture
def app(tmp_path):
    """The application as production builds it."""
    settings = Settings(
        data_dir=tmp_path,
        database_url=f"sqlite:///{tmp_path / 'portal.db'}",
        public_url="https://portal.example.com",
        secret_keys=("a-secret-key-that-opens-nothing-at-all",),
    )
    return create_app(Container(settings=settings))


def template_named(path):
    return path.relative_to(HTTP).as_posix()


def test_every_failure_has_a_status():
    assert set(STATUS) == set(PortalError.__subclasses__())


async def test_every_route_asks_for_an_actor_or_is_on_the_public_list(app):
    without = {name for name, handler in routes_of(app) if not asks_for_an_actor(handler)}
    assert without == PUBLIC


def test_templates_are_strict_and_escaped():
    engine = environment(read_manifest(), home_currency="AUD")
    assert engine.undefined is StrictUndefined
    assert engine.autoescape is True


@pytest.mark.parametrize("path", TEMPLATES, ids=template_named)
def test_templates_call_nothing_but_macros(path):
    tree = Environment(autoescape=True).parse(path.read_text(encoding="utf-8"))
    macros = {node.target for node in tree.find_all(nodes.Import)}
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Getattr) and call.node.attr != "items":
            root = call.node.node
            assert isinstance(root, nodes.Name), f"line {call.lineno}"
            assert root.name in macros | CALLABLE, f"line {call.lineno}: {root.name}"


@pytest.mark.parametrize("view", VIEWS, ids=named)
def test_pages_show_views_and_never_entities(view):
    for name, hint in get_type_hints(view).items():
        assert not {part for part in parts_of(hint) if part in ENTITIES}, name


@pytest.mark.parametrize("path", TEMPLATES, ids=template_named)
def test_templates_trust_no_text(path):
    tree = Environment(autoescape=True).parse(path.read_text(encoding="utf-8"))
    assert not [f.lineno for f in tree.find_all(nodes.Filter) if f.name == "safe"]
