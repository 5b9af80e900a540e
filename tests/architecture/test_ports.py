"""Every port has its adapters and its contract, and none forgets whose rows they are."""

import ast
import importlib
import inspect
import pkgutil
import re
import textwrap
from pathlib import Path

import pytest

import adapters.memory
import adapters.sql
from portal_core.errors import PortalError
from tests.architecture.core import PORTS, REPOSITORIES, WORKS, named, public_methods

CONTRACTS = "".join(
    path.read_text(encoding="utf-8")
    for path in Path(__file__).parents[1].glob("contract/**/*.py")
)
ERRORS = {cls.__name__ for cls in PortalError.__subclasses__()}

OF_THE_MSP = {
    "ApiKeyRepository": "a key may be for all companies",
    "AttemptRepository": "nobody is signed in yet",
    "BrowserRepository": "belongs to a user",
    "CategoryRepository": "one catalogue for all",
    "CeremonyRepository": "belongs to a user, or to nobody yet",
    "ChallengeRepository": "belongs to a user",
    "CompanyRepository": "the companies themselves",
    "CredentialRepository": "belongs to a user",
    "DeliveryRepository": "what the MSP sends",
    "EndpointRepository": "receivers of the MSP",
    "EntranceQueries": "finds out which company it is",
    "ErrandRepository": "belongs to a browser",
    "FactorRepository": "belongs to a user",
    "ImportRepository": "the MSP imports its supplier's feed",
    "LinkRepository": "belongs to a user",
    "OverviewQueries": "counts for the MSP",
    "PolicyQueries": "of all companies of a user",
    "PriceListRepository": "one price list may serve many companies",
    "ProductRepository": "one catalogue for all",
    "ProviderRepository": "the MSP chooses who vouches",
    "SessionRepository": "belongs to a user",
    "SettingsRepository": "of the portal as a whole",
    "SetupTokenRepository": "before there is any company",
    "StagingRepository": "of an import",
    "StockRepository": "one stock for all",
    "TokenRepository": "belongs to a user",
    "UserRepository": "a user may belong to several companies",
}
"""Ports whose rows belong to no one company, each with the reason."""

ASKS_FOR_NO_COMPANY = {
    "GrantRepository.keep": "the grant names it",
    "GrantRepository.of_user": "the user's own",
    "GrantRepository.remove_all": "the user's own",
    "MembershipRepository.keep": "the membership names it",
    "MembershipRepository.of_user": "the user's own",
    "OrderRepository.add": "the order names it",
    "OrderRepository.next_number": "one sequence for all",
    "OrderRepository.save": "the order names it",
    "RoleRepository.add": "the role names it",
    "VariableRepository.keep": "the variable names it",
    "RoleRepository.save": "the role names it",
    "TrailQueries.of_subject": "the caller has found the thing in its own company before",
}
"""Methods of the other ports that name no company, each with the reason."""


def classes_of(package):
    """Return the classes that an adapter declares, in any of its modules."""
    modules = [
        importlib.import_module(found.name)
        for found in pkgutil.walk_packages(package.__path__, package.__name__ + ".")
        if ".migrations" not in found.name
    ]
    return [
        value
        for module in modules
        for value in vars(module).values()
        if inspect.isclass(value) and value.__module__ == module.__name__
    ]


def methods_of(cls):
    """Return all public methods of a class, inherited ones too."""
    return {
        name: value
        for name, value in inspect.getmembers(cls, inspect.isfunction)
        if not name.startswith("_")
    }


def parameters(method):
    """Return the names of what a method takes."""
    return list(inspect.signature(method).parameters)


def implements(cls, port):
    """Return whether a class has all that the port asks for, under the same names."""
    wanted, there = public_methods(port), methods_of(cls)
    return wanted.keys() <= there.keys() and all(
        parameters(there[name]) == parameters(method) for name, method in wanted.items()
    )


MEMORY = classes_of(adapters.memory)
SQL = classes_of(adapters.sql)
STORED = [port for port in PORTS if port in REPOSITORIES]
OTHERS = [
    port
    for port in PORTS
    if port not in STORED + WORKS and not port.__name__.endswith("Database")
]
"""Ports that stand alone. Works and databases are opened by every contract."""

TENANT = [port for port in REPOSITORIES if port.__name__ not in OF_THE_MSP]
PROPERTIES = {
    member.fget.__annotations__["return"]: name
    for work in WORKS
    for name, member in vars(work).items()
    if isinstance(member, property)
}


def raised_by(method):
    """Return the names of the portal's errors that the method's own body raises."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(method)))
    raised = [node.exc for node in ast.walk(tree) if isinstance(node, ast.Raise)]
    names = {exc.func.id for exc in raised if isinstance(getattr(exc, "func", 0), ast.Name)}
    return names & ERRORS


@pytest.mark.parametrize("port", [p for p in PORTS if public_methods(p)], ids=named)
def test_every_port_has_a_memory_adapter(port):
    assert [cls for cls in MEMORY if implements(cls, port)]


@pytest.mark.parametrize("port", STORED, ids=named)
def test_every_repository_has_a_sql_adapter(port):
    assert [cls for cls in SQL if implements(cls, port)]


@pytest.mark.parametrize("port", PORTS, ids=named)
def test_a_port_says_what_its_adapters_raise(port):
    for adapter in (cls for cls in MEMORY + SQL if implements(cls, port)):
        for name, method in public_methods(port).items():
            for error in raised_by(methods_of(adapter)[name]):
                said = f"{adapter.__name__}.{name} raises {error}, and the port is silent"
                assert error in method.__doc__, said


@pytest.mark.parametrize("port", STORED, ids=named)
def test_every_method_of_a_repository_is_in_its_contract(port):
    for name in public_methods(port):
        assert re.search(rf"\.{PROPERTIES[port]}\.{name}\b", CONTRACTS), name


@pytest.mark.parametrize("port", OTHERS, ids=named)
def test_every_other_port_has_a_contract(port):
    assert re.search(rf"\b{port.__name__}\b", CONTRACTS)


@pytest.mark.parametrize("port", TENANT, ids=named)
def test_every_lookup_of_a_companys_rows_names_the_company(port):
    for name, method in public_methods(port).items():
        if f"{port.__name__}.{name}" in ASKS_FOR_NO_COMPANY or name.endswith("across"):
            continue
        assert "company_id" in parameters(method), f"{port.__name__}.{name}"


def test_the_lists_of_exceptions_are_true():
    assert {port.__name__ for port in REPOSITORIES} >= OF_THE_MSP.keys()
    methods = {f"{p.__name__}.{name}" for p in TENANT for name in public_methods(p)}
    assert methods >= ASKS_FOR_NO_COMPANY.keys()
