"""How the API describes itself."""

import re

import pytest

from portal_core.identity.permissions import SCOPES
from portal_core.subscriptions import SUBSCRIPTIONS


@pytest.fixture
async def document(town):
    """The OpenAPI document, as anybody may read it."""
    return (await town.browser().get("/api/v1/openapi.json")).json()


def operations(document):
    """Yield what the document says of each operation."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield f"{method} {path}", operation


async def test_the_document_names_itself_and_its_version(document):
    assert document["openapi"].startswith("3.1")
    assert document["info"]["title"] == "Atrium API"
    assert document["servers"] == [{"url": "https://portal.example.com"}]


async def test_every_operation_says_all_that_a_client_needs(document):
    ids = [operation["operationId"] for _, operation in operations(document)]
    assert len(set(ids)) == len(ids)
    for name, operation in operations(document):
        [scope] = operation["security"][0]["key"]
        assert scope in SCOPES, name
        assert f"`{scope}`" in operation["description"], name
        assert operation["tags"], name
        assert {"401", "403", "404", "422", "429"} <= operation["responses"].keys(), name


async def test_every_reference_leads_somewhere(document):
    text = str(document)
    for kind, name in set(re.findall(r"#/components/(\w+)/([\w.]+)", text)):
        assert name in document["components"][kind], name


async def test_every_event_is_a_webhook_with_a_schema(document):
    tags = {event.__struct_config__.tag for event in SUBSCRIPTIONS}
    assert document["webhooks"].keys() == tags
    placed = document["components"]["schemas"]["Event.OrderPlaced"]
    assert placed["properties"]["type"] == {"const": "order.placed"}
    assert {"number", "lines", "gross", "actor"} <= placed["properties"]["data"][
        "properties"
    ].keys()


async def test_the_explorer_loads_nothing_from_elsewhere(town):
    answer = await town.browser().get("/api/docs")
    loaded = re.findall(r'(?:src|href)="([^"#]+)"', answer.text)
    assert loaded
    assert all(address.startswith("/") for address in loaded)
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert '<a href="/api/v1/openapi.json">' in answer.text
