"""What there is in the core, found by looking."""

import importlib
import inspect
import pkgutil
from pathlib import Path
from typing import Protocol

import portal_core
from portal_core.events import Event

SRC = Path(portal_core.__file__).parents[1]
MODULES = [
    importlib.import_module(found.name)
    for found in pkgutil.walk_packages(portal_core.__path__, "portal_core.")
]
CLASSES = [
    value
    for module in MODULES
    for value in vars(module).values()
    if inspect.isclass(value) and value.__module__ == module.__name__
]
FUNCTIONS = [
    value
    for module in MODULES
    for value in vars(module).values()
    if inspect.isfunction(value) and value.__module__ == module.__name__
]
SERVICES = [c for c in CLASSES if c.__name__.endswith("Service")]
EVENTS = [c for c in CLASSES if issubclass(c, Event) and not c.__subclasses__()]
PORTS = [c for c in CLASSES if Protocol in c.__bases__]
WORKS = [c for c in PORTS if c.__name__.endswith("Work")]
REPOSITORIES = [c for c in PORTS if c.__name__.endswith(("Repository", "Queries"))]


def public_methods(cls):
    """Return the functions that the class itself declares for others, by name."""
    return {
        name: value
        for name, value in vars(cls).items()
        if inspect.isfunction(value) and not name.startswith("_")
    }


def named(value):
    """Return what a test about the class or function is called."""
    return f"{value.__module__.removeprefix('portal_core.')}.{value.__qualname__}"
