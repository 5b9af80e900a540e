"""The routes of the portal, found by walking the application."""

from typing import get_args

from portal_core.companies.access import Visit
from portal_core.identity.actor import Actor


def routes_of(app):
    """Yield what can be asked of the application: a method and path, and its handler."""
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            for method in sorted(handler.http_methods - {"HEAD", "OPTIONS"}):
                yield f"{method} {route.path}", handler


def needs(signature, dependencies, seen=frozenset()):
    """Yield the types of all that a function asks for, itself or through its providers."""
    for name, parameter in signature.parameters.items():
        yield from {parameter.raw, parameter.annotation, *get_args(parameter.raw)}
        if name in dependencies and name not in seen:
            inner = dependencies[name].parsed_fn_signature
            yield from needs(inner, dependencies, seen | {name})


def asks_for_an_actor(handler):
    """Return whether nobody gets to the handler without having become an actor."""
    asked = needs(handler.parsed_fn_signature, handler.resolve_dependencies())
    return any(kind in {Actor, Visit} for kind in asked if isinstance(kind, type))
