"""The OpenAPI document of the API, with the webhooks that the portal sends."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from litestar import Litestar
from litestar.di import Provide
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import License, Server, Tag

from adapters.http.api.operations import KEY
from adapters.http.api.router import api_router
from adapters.http.api.wire import Amount
from adapters.http.errors import PROBLEM_TYPE
from portal_core.events import Event, event_type

_ABOUT = """\
Everything that the portal's pages do for companies, their shop and their orders.

Send an API key as `Authorization: Bearer KEY`; each operation names the scope that it
needs. A company is named by its slug or its id. Lists come in pages: `page.next` is the
`cursor` of the next one. Amounts are text in a currency, times are in UTC. What this
document does not name, a parameter or a field, is refused by name.
"""
_TAGS = [
    Tag("Companies", "The clients."),
    Tag("Members", "Who belongs to a company, what they may do, and custom roles."),
    Tag("Shop", "What one company can buy, at its own prices."),
    Tag("Orders", "Of one company, and of all of them for the MSP."),
    Tag("Catalogue", "Products, categories and price lists, for the MSP."),
    Tag("Webhooks", "Where the portal tells what happened."),
]
_PROBLEMS = {
    "400": "The request could not be understood.",
    "401": "There is no key, or it opens nothing.",
    "403": "The key does not have the scope.",
    "404": "There is no such thing, or it is not for this key.",
    "409": "Not possible as things are.",
    "412": "Somebody changed it meanwhile.",
    "413": "The body is larger than 1 MB.",
    "422": "Something that was sent is wrong; `errors` says what, and what to do.",
    "428": "A change needs If-Match.",
    "429": "Too many requests; wait as long as Retry-After says.",
    "503": "Not available right now; try again after as long as Retry-After says.",
}
_ALWAYS = ("400", "401", "403", "404", "422", "429", "503")
_BY_METHOD = {
    "post": ("409", "413"),
    "put": ("409", "413"),
    "patch": ("409", "413"),
    "delete": ("409",),
}
_PROBLEM = {
    "title": "Problem",
    "description": "What went wrong, as RFC 9457 has it.",
    "type": "object",
    "required": ["type", "title", "status", "detail", "code", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "For people."},
        "code": {"type": "string", "description": "For programs."},
        "request_id": {"type": "string", "description": "To name it to the provider."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["detail", "code"],
                "properties": {
                    "detail": {"type": "string"},
                    "code": {"type": "string"},
                    "pointer": {"type": "string", "description": "Into the body."},
                    "parameter": {"type": "string"},
                },
            },
        },
    },
}
_OURS = re.compile(r"Listed_(?:\w+\.)*(\w+?)(?:Row)?Body_")
_HEADER = {"schema": {"type": "string"}}
_TEXT = {"type": "string"}
_SIGNED = {
    "webhook-id": "The same for each try; what was seen before may be passed over.",
    "webhook-timestamp": "When this try was made, in seconds since 1970.",
    "webhook-signature": "`v1,` and the HMAC-SHA256 of `id.timestamp.body`, in base64; "
    "several, by spaces, while a secret is exchanged.",
}


def document(
    *,
    public_url: str,
    version: str,
    events: Sequence[type[Event]],
    dependencies: Mapping[str, Provide],
) -> bytes:
    """Return the document as JSON. `dependencies` is what the routes ask for."""
    config = OpenAPIConfig(
        title="Atrium API",
        version=version,
        description=_ABOUT,
        license=License("Apache-2.0", identifier="Apache-2.0"),
        servers=[Server(public_url)],
        tags=_TAGS,
        use_handler_docstrings=True,
    )
    # never served: it only knows how to describe its routes
    described = Litestar(
        [api_router()], dependencies=dict(dependencies), openapi_config=config
    )
    made: dict[str, Any] = described.openapi_schema.to_schema()
    for method, operation in _operations(made):
        _complete(method, operation)
    components = made["components"]
    components["schemas"]["Problem"] = _PROBLEM
    components["responses"] = {
        f"Problem{status}": _problem(said) for status, said in _PROBLEMS.items()
    }
    components["securitySchemes"] = {
        KEY: {
            "type": "http",
            "scheme": "bearer",
            "description": "An API key, as an administrator of the MSP creates it.",
        }
    }
    made["webhooks"], told = _webhooks(events)
    components["schemas"] |= told
    return _renamed(made)


def _operations(made: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for item in made["paths"].values():
        yield from ((method, each) for method, each in item.items() if "responses" in each)


def _complete(method: str, operation: dict[str, Any]) -> None:
    """Add what holds for every operation: its problems, its headers, its scope in words."""
    responses = operation["responses"]
    headers = {each["name"] for each in operation.get("parameters", ())}
    stale = ("412", "428") if "If-Match" in headers else ()
    for status in (*_ALWAYS, *_BY_METHOD.get(method, ()), *stale):
        responses[status] = {"$ref": f"#/components/responses/Problem{status}"}
    for status, answer in responses.items():
        if status in {"200", "201"} and "content" in answer:
            answer.setdefault("headers", {}).update(_headers(status, operation))
    [scope] = operation["security"][0][KEY]
    operation["description"] += f"\n\nNeeds the scope `{scope}`."


def _headers(status: str, operation: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    headers: dict[str, Mapping[str, Any]] = {}
    if "cursor" in {each["name"] for each in operation.get("parameters", ())}:
        headers["Link"] = {**_HEADER, "description": "The pages beside it."}
    if status == "201":
        headers["Location"] = {**_HEADER, "description": "Where it is, if it has a page."}
    return headers


def _renamed(made: Mapping[str, Any]) -> bytes:
    """Return the document with names that clients can be generated from."""
    text = msgspec.json.encode(made).decode()
    for old in made["components"]["schemas"]:
        new = _OURS.sub(r"\1List", old) if "_" in old else old.removesuffix("Body")
        for before, after in (("/schemas/", '"'), ('"', '":{'), ('"title":"', '"')):
            text = text.replace(f"{before}{old}{after}", f"{before}{new}{after}")
    return text.encode()


def _problem(said: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": said, "content": {PROBLEM_TYPE: {"schema": schema}}}


def _webhooks(
    events: Sequence[type[Event]],
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what is sent of each event, and the schemas that it is made of."""
    template = "#/components/schemas/Event.{name}"
    found, parts = msgspec.json.schema_components([*events, Amount], ref_template=template)
    parts["Money"] = parts.pop("Amount")
    webhooks = {}
    for event, reference in zip(events, found, strict=False):
        name = reference["$ref"].rpartition(".")[2]
        type_ = event_type(event)
        parts[name] = _body(type_, parts[name])
        schema = {"$ref": template.format(name=name)}
        webhooks[type_] = {"post": _told(type_, schema, (event.__doc__ or "").strip())}
    del parts["Stamp"]
    return webhooks, {f"Event.{name}": part for name, part in parts.items()}


def _body(type_: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of what a receiver gets: the event without its stamp, in `data`."""
    own = {k: v for k, v in schema["properties"].items() if k not in {"type", "stamp"}}
    unknown = {"anyOf": [{"type": "string", "format": "uuid"}, {"type": "null"}]}
    actor = {"$ref": "#/components/schemas/Event.ActorRef"}
    data = {
        "type": "object",
        "properties": {
            "id": {"type": "string", "format": "uuid"},
            "company_id": unknown,
            "actor": actor,
            **own,
        },
        "required": ["id", "company_id", "actor", *own],
    }
    return {
        "title": type_,
        "type": "object",
        "properties": {
            "type": {"const": type_},
            "timestamp": {"type": "string", "format": "date-time"},
            "data": data,
        },
        "required": ["type", "timestamp", "data"],
    }


def _told(type_: str, schema: Mapping[str, Any], said: str) -> dict[str, Any]:
    family = type_.partition(".")[0]
    return {
        "operationId": "on"
        + "".join(p.title() for p in type_.replace(".", "_").split("_")),
        "summary": said.partition("\n")[0],
        "description": f"{said}\n\nFor endpoints that want `{type_}`, `{family}.*` or `*`.",
        "tags": ["Webhooks"],
        "security": [],
        "parameters": [
            {
                "name": name,
                "in": "header",
                "required": True,
                "description": about,
                "schema": _TEXT,
            }
            for name, about in _SIGNED.items()
        ],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": schema}},
        },
        "responses": {
            "2XX": {"description": "Taken."},
            "410": {"description": "Send nothing more: the endpoint is disabled."},
            "default": {"description": "Not taken; it is tried again later."},
        },
    }
