"""The core is pure, frozen, explained, and always knows who is acting."""

import ast
import inspect
import sys
from typing import get_type_hints

import msgspec
import pytest

from portal_core.identity.actor import Actor
from portal_core.identity.model import User
from portal_core.identity.visitor import Visitor
from tests.architecture.core import (
    CLASSES,
    FUNCTIONS,
    SERVICES,
    SRC,
    named,
    public_methods,
)

OUTSIDE = {"asyncio", "logging", "os", "socket", "sqlite3", "subprocess", "threading"}
ALLOWED = {"portal_core", "msgspec", *sys.stdlib_module_names} - OUTSIDE
AT_THE_DOOR = {
    "AccessService.enter",
    "AccessService.enter_by_key",
    "FederationService.arrive",
    "FederationService.depart",
    "FederationService.offered",
    "PasswordService.accept",
    "PasswordService.check",
    "PasswordService.forgot",
    "PasswordService.reset",
    "SettingsService.portal_name",
    "SetupService.check",
    "SetupService.complete",
    "SignInService.answer",
    "SignInService.answer_with_passkey",
    "SignInService.ask_for_passkey",
    "SignInService.enrol",
    "SignInService.pending",
    "SignInService.sign_in",
    "SignInService.sign_out",
}
"""What is asked before there is an actor: by a visitor, or for a user just found."""


@pytest.mark.parametrize(
    "path", sorted(SRC.glob("portal_core/**/*.py")), ids=lambda p: p.stem
)
def test_the_core_imports_itself_the_standard_library_and_msgspec(path):
    imported = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            imported.add(node.module)
        if isinstance(node, ast.Import):
            imported.update(name.name for name in node.names)
    assert {name.split(".")[0] for name in imported} <= ALLOWED


@pytest.mark.parametrize("cls", CLASSES, ids=named)
def test_the_core_says_what_every_class_is(cls):
    assert cls.__doc__
    for name, method in public_methods(cls).items():
        assert method.__doc__, f"{cls.__name__}.{name} does not say what it does"


@pytest.mark.parametrize(
    "function", [f for f in FUNCTIONS if not f.__name__.startswith("_")], ids=named
)
def test_the_core_says_what_every_function_does(function):
    assert function.__doc__


@pytest.mark.parametrize(
    "cls", [c for c in CLASSES if issubclass(c, msgspec.Struct)], ids=named
)
def test_domain_types_are_frozen(cls):
    assert cls.__struct_config__.frozen


@pytest.mark.parametrize("service", SERVICES, ids=named)
def test_every_service_method_asks_who_is_acting(service):
    for name, method in public_methods(service).items():
        if inspect.iscoroutinefunction(method):
            first = next(iter(get_type_hints(method).values()))
            at_the_door = f"{service.__name__}.{name}" in AT_THE_DOOR
            assert first in ({User, Visitor} if at_the_door else {Actor}), name


def test_the_list_of_doors_is_true():
    methods = {f"{s.__name__}.{name}" for s in SERVICES for name in public_methods(s)}
    assert methods >= AT_THE_DOOR


def test_there_is_something_to_test():
    assert len(SERVICES) > 5
