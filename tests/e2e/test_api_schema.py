"""Schemathesis asks the API what its own document allows, and what it does not."""

import os
import subprocess
import sys
import zlib
from pathlib import Path

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from portal_core.identity.permissions import SCOPES
from tests.e2e.browser import running_portal

pytestmark = pytest.mark.slow

EXAMPLES = 40
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
]


@pytest.fixture(scope="module")
def portal(tmp_path_factory):
    """A demo portal and its folder."""
    folder = tmp_path_factory.mktemp("portal")
    with running_portal(folder, "--demo") as address:
        yield address, folder


def new_key(folder, name, *scope):
    """Return a key as an administrator at the command line makes it."""
    portal = Path(sys.executable).with_name("portal")
    command = [portal, "keys", "create", f"--name={name}", *scope]
    command += [f"--scope={each}" for each in SCOPES]
    made = subprocess.run(
        command,
        env={"PATH": os.defpath, "PORTAL_DATA_DIR": str(folder)},
        capture_output=True,
        check=True,
        text=True,
    )
    return made.stdout.strip()


def test_the_api_answers_as_its_document_says(portal):
    address, folder = portal
    schema = schemathesis.openapi.from_url(f"{address}/api/v1/openapi.json")
    known = things(address, new_key(folder, "looking", "--all-companies"))
    asked = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        asked += 1
        key = new_key(folder, operation.label, "--all-companies")  # has a budget of its own
        _ask(operation, {"Authorization": f"Bearer {key}"}, known)
    assert asked > 25


def things(address, key):
    """Return a thing that is there for each name that stands in paths."""
    api = httpx.Client(base_url=f"{address}/api/v1", headers={"x-api-key": key})
    company = api.get("/companies").json()["data"][0]["slug"]
    orders = api.get(f"/companies/{company}/orders").json()["data"]
    products = api.get(f"/companies/{company}/products").json()["data"]
    api.close()
    return {
        "company": company,
        "number": orders[0]["number"],
        "sku": products[0]["sku"],
    }


def _ask(operation, headers, known):
    """Send what the document allows, and what it forbids; each answer must be in it."""

    @given(case=operation.as_strategy())
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate],
    )
    def ask(case):
        chance = zlib.crc32(repr((case.path_parameters, case.query, case.body)).encode())
        if chance % 4:
            for name in case.path_parameters.keys() & known.keys():
                case.path_parameters[name] = known[name]
        case.call_and_validate(headers=headers, checks=CHECKS)

    ask()
