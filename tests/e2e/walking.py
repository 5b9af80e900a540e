"""Finding every page by following links, told apart by the routes that they belong to."""

import re
from urllib.parse import urlsplit

from adapters.http.api.router import ROOT
from entrypoints.container import Container
from entrypoints.web import create_app
from tests.architecture.routes import asks_for_an_actor, routes_of
from tests.house import settings_in

_NO_PAGES = (ROOT, "/static", "/health", "/metrics", "/favicon", "/robots", "/.well-known")
_TO_PROVIDERS = ("/login/with", "/account/links/with", "/account/prove/with")
_NOT_WALKED = (*_NO_PAGES, *_TO_PROVIDERS)


def page_patterns(folder):
    """Return, by the address of a page, what it matches and whether it asks who comes."""
    app = create_app(Container(settings=settings_in(folder)))
    found = {}
    for name, handler in routes_of(app):
        method, path = name.split(" ", 1)
        plain = re.sub(r"\{(\w+)[^}]*\}", r"{\1}", path)
        if method == "GET" and not plain.startswith(_NOT_WALKED):
            closed = asks_for_an_actor(handler)
            found[plain] = (re.compile(re.sub(r"\{\w+\}", "[^/]+", plain)), closed)
    return found


def walk(person, start, patterns):
    """Follow links from a page on; yield its route and status, once for each route."""
    waiting, seen = [start], set()
    while waiting:
        address = waiting.pop(0)
        name = _pattern_of(urlsplit(address).path, patterns)
        if name is None or name in seen:
            continue
        seen.add(name)
        yield name, person.go(address)
        links = person.page.locator("a[href^='/']").all()
        found = [link.get_attribute("href") for link in links]
        waiting += [link for link in found if not link.startswith(_NOT_WALKED)]


def _pattern_of(path, patterns):
    """Return the route that an address belongs to; the one with the fewest blanks."""
    fits = [name for name, (match, _) in patterns.items() if match.fullmatch(path)]
    return min(fits, key=lambda name: name.count("{"), default=None)
