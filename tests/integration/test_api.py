"""The REST API, as a program meets it."""

import asyncio

import pytest

from portal_core.identity.permissions import SCOPES, opens
from tests.architecture.routes import routes_of
from tests.people import SYSTEM

ORDER = {"lines": [{"sku": "HARBOUR-1", "quantity": 2}], "po_number": "PO-7"}
ORDERS = "/companies/harbour/orders"
KEY = {"idempotency-key": "0123456789abcdef"}


class Program:
    """Calls the API with a key."""

    def __init__(self, town, key):
        self._browser = town.browser(headers={"authorization": f"Bearer {key}"})

    async def __call__(self, method, path, body=None, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        address = path if path.startswith("http") else f"/api/v1{path}"
        return await self._browser.http.request(method, address, json=body, headers=named)


@pytest.fixture
async def town(town_on_sqlite):
    """A portal on SQLite, with products, orders and keys."""
    await town_on_sqlite.stock_up()
    return town_on_sqlite


@pytest.fixture
def msp(town):
    """A program of the MSP, which may do everything everywhere."""
    return Program(town, town.known["of_all"])


@pytest.fixture
def client(town):
    """A program of Harbour, which may do everything there."""
    return Program(town, town.known["of_company"])


def problem_of(answer):
    """Return status and code of a refusal, and where it points."""
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == answer.status_code
    assert body["request_id"] == answer.headers["x-request-id"]
    places = [e.get("pointer", e.get("parameter")) for e in body.get("errors", ())]
    return answer.status_code, body["code"], places


async def test_a_key_comes_in_by_either_header(town):
    key = town.known["of_company"]
    for headers in ({"authorization": f"bearer {key}"}, {"x-api-key": key}):
        browser = town.browser(headers=headers)
        answer = await browser.get("/api/v1/companies/harbour")
        assert answer.json()["slug"] == "harbour"


async def test_a_key_in_the_address_opens_nothing(town):
    key = town.known["of_all"]
    answer = await town.browser().get(f"/api/v1/companies?x-api-key={key}")
    assert answer.status_code in {401, 422}


async def test_a_company_is_named_by_slug_or_id(client, town):
    for name in ("harbour", str(town.harbour.id)):
        answer = await client("GET", f"/companies/{name}")
        assert answer.json()["name"] == "Harbour"


async def test_products_are_those_that_the_company_can_buy(client):
    answer = await client("GET", "/companies/harbour/products?count=true")
    [product] = answer.json()["data"]
    assert product["sku"] == "HARBOUR-1"
    assert product["price"] == {"amount": "25.00", "currency": "AUD"}
    assert (product["stock"], product["low_stock"]) == (49, False)
    assert "cost" not in product
    assert answer.json()["page"] == {
        "next": None,
        "prev": None,
        "has_more": False,
        "total": 1,
        "total_is_exact": True,
    }


async def test_a_list_is_walked_by_its_cursors(msp):
    for number in range(4):
        made = {"sku": f"P-{number}", "name": f"P {number}"}
        assert (await msp("POST", "/products", made)).status_code == 201
    seen, path = [], "/products?limit=2"
    while path:
        answer = await msp("GET", path)
        seen += [product["sku"] for product in answer.json()["data"]]
        path = answer.links["next"]["url"] if "next" in answer.links else ""
    assert seen == ["HARBOUR-1", "ORCHARD-1", "P-0", "P-1", "P-2", "P-3"]
    assert "prev" in answer.links


@pytest.mark.parametrize(
    ("query", "where"),
    [
        ("limit=-1", "limit"),
        ("limit=x", "limit"),
        ("colour=red", "colour"),
        ("cursor=made-up", "cursor"),
        ("sort=weight", "sort"),
    ],
)
async def test_a_broken_parameter_is_refused_by_name(client, query, where):
    answer = await client("GET", f"/companies/harbour/products?{query}")
    assert problem_of(answer)[0::2] == (422, [where])


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (None, "#"),
        ({"lines": []}, "#/lines"),
        ({"lines": [{"sku": "HARBOUR-1"}]}, "#/lines/0/quantity"),
        ({"lines": [{"sku": "HARBOUR-1", "quantity": 0}]}, "#/lines/0/quantity"),
        ({"lines": [{"sku": "HARBOUR-1", "quantity": 1, "price": 0}]}, "#/lines/0/price"),
        ({**ORDER, "colour": "red"}, "#/colour"),
    ],
)
async def test_a_broken_body_is_refused_by_name(client, body, where):
    answer = await client("POST", ORDERS, body, **KEY)
    assert problem_of(answer)[0::2] == (422, [where])


async def test_what_is_no_json_is_malformed(town):
    browser = town.browser(headers={"x-api-key": town.known["of_company"]} | KEY)
    answer = await browser.http.post(f"/api/v1{ORDERS}", content=b'{"lines": [')
    assert problem_of(answer)[:2] == (400, "malformed")


async def test_an_order_is_placed_and_found(client):
    placed = await client("POST", ORDERS, ORDER, **KEY)
    assert placed.status_code == 201
    order = placed.json()
    assert order["totals"]["gross"] == {"amount": "55.00", "currency": "AUD"}
    assert order["lines"][0]["line_total"] == {"amount": "50.00", "currency": "AUD"}
    assert [each["type"] for each in order["timeline"]] == ["order.placed"]
    found = await client("GET", placed.headers["location"].removeprefix("/api/v1"))
    assert found.json() == order
    assert found.headers["etag"] == placed.headers["etag"]
    listed = await client("GET", f"{ORDERS}?search={order['number']}")
    assert [each["number"] for each in listed.json()["data"]] == [order["number"]]


async def test_what_the_caller_has_is_not_sent_again(client):
    placed = await client("POST", ORDERS, ORDER, **KEY)
    path = f"{ORDERS}/{placed.json()['number']}"
    again = await client("GET", path, if_none_match=placed.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")


async def test_an_order_needs_an_idempotency_key(client):
    assert problem_of(await client("POST", ORDERS, ORDER))[0] == 400
    short = await client("POST", ORDERS, ORDER, idempotency_key="short")
    assert problem_of(short)[:2] == (400, "idempotency_key_required")


async def test_twenty_at_once_with_one_key_are_one_order(client):
    answers = await asyncio.gather(
        *(client("POST", ORDERS, ORDER, **KEY) for _ in range(20))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    replayed = [answer.headers.get("idempotency-replayed") for answer in answers]
    assert sorted(replayed, key=str) == [None] + ["true"] * 19
    assert len((await client("GET", ORDERS)).json()["data"]) == 2


async def test_a_key_is_for_one_request(client):
    await client("POST", ORDERS, ORDER, **KEY)
    other = {"lines": [{"sku": "HARBOUR-1", "quantity": 3}]}
    answer = await client("POST", ORDERS, other, **KEY)
    assert problem_of(answer)[:2] == (422, "idempotency_key_reused")


async def test_an_order_that_can_not_be_is_refused_by_line(client):
    wanted = {"lines": [{"sku": "HARBOUR-1", "quantity": 50}]}
    answer = await client("POST", ORDERS, wanted, **KEY)
    status, _, places = problem_of(answer)
    assert (status, places) == (409, ["#/lines/0/quantity"])
    assert (await client("GET", f"{ORDERS}?count=true")).json()["page"]["total"] == 1


async def test_an_order_is_cancelled_once(client):
    number = (await client("POST", ORDERS, ORDER, **KEY)).json()["number"]
    for _ in range(2):
        answer = await client("POST", f"{ORDERS}/{number}/cancel", {"reason": "no"})
        assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    product = await client("GET", "/companies/harbour/products/HARBOUR-1")
    assert product.json()["stock"] == 49


async def test_a_cart_is_kept_for_each_key(client, msp):
    path = "/companies/harbour/cart"
    kept = await client("PUT", path, {"lines": ORDER["lines"]})
    assert kept.json()["gross"] == {"amount": "55.00", "currency": "AUD"}
    assert (await client("GET", path)).json() == kept.json()
    assert (await msp("GET", path)).json()["lines"] == []
    assert (await client("DELETE", path)).status_code == 204
    assert (await client("GET", path)).json()["lines"] == []


async def test_the_msp_moves_an_order_on(msp, town):
    path = f"/orders/{town.known['harbour_order']}"
    seen = await msp("GET", path)
    assert "cost" in seen.json()["lines"][0]
    change = {
        "status": "shipped",
        "shipping": {"carrier": "StarTrack", "consignment": "C-1", "eta": "2026-06-05"},
        "notes": "Left at the desk.",
    }
    answer = await msp("PATCH", path, change, if_match=seen.headers["etag"])
    assert answer.status_code == 200
    assert answer.json()["shipping"] == change["shipping"]
    assert (answer.json()["status"], answer.json()["notes"]) == ("shipped", change["notes"])
    back = await msp("PATCH", path, {"status": "placed"}, if_match=answer.headers["etag"])
    assert problem_of(back)[:2] == (409, "transition_not_allowed")


@pytest.mark.parametrize(
    "path", ["/orders/{harbour_order}", "/products/HARBOUR-1", "/companies/harbour"]
)
async def test_who_did_not_look_may_not_change(msp, town, path):
    path = path.format(**town.known)
    assert problem_of(await msp("PATCH", path, {}))[0] == 428
    stale = await msp("PATCH", path, _anything(path), if_match='"99"')
    assert problem_of(stale)[:2] == (412, "stale")


def _anything(path):
    return {"notes": "x"} if path.startswith("/orders") else {"name": "Other"}


async def test_a_product_is_added_and_changed(msp, client):
    await msp("POST", "/categories", {"name": "Mice"})
    new = {
        "sku": "MOUSE-1",
        "name": "Mouse",
        "category": "Mice",
        "price": {"amount": "19.90", "currency": "AUD"},
        "stock": 3,
    }
    made = await msp("POST", "/products", new)
    assert (made.status_code, made.json()["warehouses"]) == (201, {"main": 3})
    change = {"price": None, "warehouses": {"nsw": 4}, "archived": True, "category": ""}
    path = made.headers["location"].removeprefix("/api/v1")
    changed = await msp("PATCH", path, change, if_match=made.headers["etag"])
    product = changed.json()
    assert (product["price"], product["archived"], product["category"]) == (None, True, "")
    assert (product["stock"], product["warehouses"]) == (7, {"main": 3, "nsw": 4})
    gone = await client("GET", "/companies/harbour/products/MOUSE-1")
    assert gone.status_code == 404


async def test_a_sku_may_be_in_any_script(msp):
    made = await msp("POST", "/products", {"sku": "MÄUSE 1 󑿹", "name": "Mäuse"})
    found = await msp("GET", made.headers["location"].removeprefix("/api/v1"))
    assert found.json() == made.json()


async def test_a_field_is_handed_back_to_the_feed(msp):
    seen = await msp("GET", "/products/HARBOUR-1")
    assert seen.json()["locked_fields"] == ["name", "price"]
    tag = seen.headers["etag"]
    more = await msp("PATCH", "/products/HARBOUR-1", {"locked_fields": ["x"]}, if_match=tag)
    assert problem_of(more)[0::2] == (422, ["#/locked_fields"])
    less = await msp(
        "PATCH", "/products/HARBOUR-1", {"locked_fields": ["name"]}, if_match=tag
    )
    assert less.json()["locked_fields"] == ["name"]


async def test_a_sku_that_is_taken_is_refused(msp):
    answer = await msp("POST", "/products", {"sku": "harbour-1", "name": "Again"})
    assert problem_of(answer) == (422, "taken", ["#/sku"])


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/companies", {"name": "Bakery"}),
        ("/products", {"sku": "NEW-1", "name": "New"}),
        ("/categories", {"name": "New"}),
        ("/price-lists", {"name": "New", "currency": "AUD"}),
        ("/endpoints", {"url": "https://8.8.8.8/hook"}),
    ],
)
async def test_whatever_is_added_is_added_once(msp, path, body):
    first = await msp("POST", path, body, **KEY)
    again = await msp("POST", path, body, **KEY)
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()


async def test_a_price_list_has_prices(msp):
    made = await msp("POST", "/price-lists", {"name": "VIP", "currency": "AUD"})
    prices = f"/price-lists/{made.json()['id']}/prices"
    price = {"amount": "9.50", "currency": "AUD"}
    assert (await msp("PUT", f"{prices}/HARBOUR-1", {"price": price})).status_code == 204
    [listed] = (await msp("GET", prices)).json()["data"]
    assert (listed["sku"], listed["price"]) == ("HARBOUR-1", price)
    assert (await msp("DELETE", f"{prices}/HARBOUR-1")).status_code == 204
    assert (await msp("GET", prices)).json()["data"] == []


async def test_a_category_is_renamed_and_removed(msp):
    top = (await msp("POST", "/categories", {"name": "Parts"})).json()
    below = {"name": "Mice", "parent_id": top["id"]}
    assert (await msp("POST", "/categories", below)).json()["path"] == "Parts/Mice"
    path = f"/categories/{top['id']}"
    assert (await msp("PATCH", path, {"name": "Bits"})).json()["path"] == "Bits"
    assert problem_of(await msp("DELETE", path))[:2] == (409, "not_empty")
    listed = (await msp("GET", "/categories")).json()["data"]
    assert [each["path"] for each in listed] == ["Bits", "Bits/Mice"]
    for each in reversed(listed):
        assert (await msp("DELETE", f"/categories/{each['id']}")).status_code == 204


async def test_an_endpoint_shows_its_secret_when_it_is_new(msp):
    made = await msp("POST", "/endpoints", {"url": "https://8.8.8.8/hook"})
    assert made.json()["secret"].startswith("whsec_")
    path = made.headers["location"].removeprefix("/api/v1")
    seen = await msp("GET", path)
    assert "secret" not in seen.json()
    change = {"events": ["order.*"]}
    changed = await msp("PATCH", path, change, if_match=seen.headers["etag"])
    assert changed.json()["events"] == ["order.*"]
    rotated = await msp("POST", f"{path}/rotate")
    assert rotated.json()["secret"] != made.json()["secret"]
    assert (await msp("DELETE", path)).status_code == 204
    assert (await msp("GET", "/endpoints")).json() == {"data": []}


@pytest.mark.parametrize("url", ["http://127.0.0.1/x", "http://[::1]/x", "ftp://8.8.8.8"])
async def test_an_endpoint_that_may_not_be_reached_is_refused(msp, url):
    answer = await msp("POST", "/endpoints", {"url": url})
    assert problem_of(answer)[0::2] == (422, ["#/url"])


async def test_companies_are_listed_added_and_changed(msp):
    made = await msp("POST", "/companies", {"name": "Corner Bakery"})
    assert (made.status_code, made.json()["slug"]) == (201, "corner-bakery")
    listed = (await msp("GET", "/companies?search=bakery")).json()["data"]
    assert [each["name"] for each in listed] == ["Corner Bakery"]
    path = made.headers["location"].removeprefix("/api/v1")
    tag = made.headers["etag"]
    changed = await msp("PATCH", path, {"name": "Bakery"}, if_match=tag)
    assert (changed.json()["name"], changed.json()["slug"]) == ("Bakery", "corner-bakery")


async def test_a_budget_is_told(client):
    first = await client("GET", "/companies/harbour")
    second = await client("GET", "/companies/harbour")
    assert first.headers["ratelimit-policy"].startswith('"burst";q=')
    assert second.headers["ratelimit"] != first.headers["ratelimit"]


def operations(app):
    """Yield each operation's method, path and the scope that it says it needs."""
    for name, handler in routes_of(app):
        method, path = name.split(" ", 1)
        if path.startswith("/api/v1/") and not path.endswith("openapi.json"):
            [scope] = handler.security[0]["key"]
            yield method, path.removeprefix("/api/v1"), scope


async def program_for(town, scope):
    """Return a program of the MSP whose key has one scope."""
    _, key = await town.parts.api_keys().create(
        SYSTEM, name=scope, scopes=[scope], company_id=None
    )
    return Program(town, key)


@pytest.mark.parametrize("scope", SCOPES)
async def test_an_operation_opens_to_its_scope_and_to_no_lesser_one(town, scope):
    program = await program_for(town, scope)
    for method, path, needed in operations(town.app):
        address = _addressed(path, town)
        answer = await program(method, address, _body(address), if_match='"0"', **KEY)
        said = f"{method} {path}: {answer.text}"
        if not opens([scope], needed):
            assert answer.status_code == 403, said
        elif SCOPES[needed] <= SCOPES[scope]:
            assert answer.status_code != 403, said


def _addressed(path, town):
    things = {
        "{company:str}": "harbour",
        "{sku:str}": "HARBOUR-1",
        "{name:str}": "contract",
        "{number:str}": town.known["harbour_order"],
    }
    for name, thing in things.items():
        path = path.replace(name, thing)
    return _with_ids(path)


def _with_ids(path):
    for name in ("category_id", "price_list_id", "endpoint_id", "user_id", "role_id"):
        path = path.replace(f"{{{name}:uuid}}", "01970000-0000-7000-8000-00000000dead")
    return path


def _body(path):
    if path.endswith("/orders"):
        return ORDER
    if path.endswith("/prices/HARBOUR-1"):
        return {"price": {"amount": "1.00", "currency": "AUD"}}
    bodies = {
        "/companies": {"name": "New"},
        "/companies/harbour/cart": {"lines": []},
        "/products": {"sku": "NEW", "name": "New"},
        "/price-lists": {"name": "New", "currency": "AUD"},
        "/endpoints": {"url": "https://8.8.8.8/hook"},
    }
    return bodies.get(path, {"name": "New"} if "categories" in path else {})


async def test_members_are_looked_after(client, town):
    page = (await client("GET", "/companies/harbour/members?search=some")).json()
    assert {one["role"] for one in page["data"]} >= {"member", "buyer", "administrator"}
    buyer = town.people["buyer"].id
    here = f"/companies/harbour/members/{buyer}"
    wanted = {"role": "member", "given": ["see-staff"]}
    assert (await client("PUT", here, wanted)).status_code == 204
    access = (await client("GET", f"{here}/access")).json()
    said = {one["permission"]: one for one in access["data"]}
    assert said["see-staff"]["why"] == "It is given to them, besides their role, Member."
    assert not said["shop"]["allowed"]
    owner = await client("PUT", here, {"role": "owner"})
    assert (owner.status_code, owner.json()["code"]) == (403, "beyond")
    stranger = town.people["stranger"].id
    for method, body in (("PUT", wanted), ("DELETE", None)):
        refused = await client(method, f"/companies/harbour/members/{stranger}", body)
        assert refused.status_code in {403, 404}
    assert (await client("DELETE", here)).status_code == 204
    assert (await client("GET", f"{here}/access")).status_code == 404


async def test_roles_are_looked_after(client, msp, town):
    new = {"name": "Reception", "permissions": ["see-staff"]}
    made = await client("POST", "/companies/harbour/roles", new, **KEY)
    assert made.status_code == 201
    again = await client("POST", "/companies/harbour/roles", new, **KEY)
    assert (again.status_code, again.json()) == (201, made.json())
    path = made.headers["location"].removeprefix("/api/v1")
    assert made.json()["permissions"] == ["see-company", "see-staff"]
    assert (await client("POST", "/companies/harbour/roles", new)).status_code == 409
    tag = (await client("GET", path)).headers["etag"]
    assert (await client("PATCH", path, {"name": "Desk"})).status_code == 428
    changed = await client("PATCH", path, {"name": "Desk"}, if_match=tag)
    assert (changed.json()["name"], changed.json()["permissions"]) == (
        "Desk",
        ["see-company", "see-staff"],
    )
    stale = await client("PATCH", path, {"name": "Front"}, if_match=tag)
    assert stale.status_code == 412
    everybodys = (await msp("POST", "/roles", {"name": "Auditor"})).json()
    listed = (await client("GET", "/companies/harbour/roles")).json()["data"]
    assert [role["name"] for role in listed] == ["Auditor", "Desk", "Of Harbour"]
    assert (await client("DELETE", f"/roles/{everybodys['id']}")).status_code in {403, 404}
    assert (await client("DELETE", path)).status_code == 204
    assert (await msp("DELETE", f"/roles/{everybodys['id']}")).status_code == 204
    assert (await msp("GET", "/roles")).json() == {"data": []}


async def test_a_company_is_archived_restored_and_deleted(msp, client):
    new = {"name": "Corner Café", "slug": "cafe", "vip": True, "city": "Sydney"}
    made = await msp("POST", "/companies", new)
    assert (made.json()["vip"], made.json()["city"]) == (True, "Sydney")
    tag, why = made.headers["etag"], {"reason": "left us"}
    assert (await msp("POST", "/companies/cafe/archive", why)).status_code == 428
    archived = await msp("POST", "/companies/cafe/archive", why, if_match=tag)
    assert archived.json()["archive_reason"] == "left us"
    stale = await msp("POST", "/companies/cafe/restore", {}, if_match=tag)
    assert stale.status_code in {400, 412}
    listed = (await msp("GET", "/companies?archived=true")).json()["data"]
    assert [one["slug"] for one in listed] == ["cafe"]
    tag = archived.headers["etag"]
    restored = await msp("POST", "/companies/cafe/restore", if_match=tag)
    assert restored.json()["archived_at"] is None
    assert (await client("DELETE", "/companies/harbour")).status_code == 403
    assert (await msp("DELETE", "/companies/harbour")).status_code == 409
    assert (await msp("DELETE", "/companies/cafe")).status_code == 204
    assert (await msp("GET", "/companies/cafe")).status_code == 404


async def test_variables_are_set_and_read_but_for_secrets(msp, client):
    here = "/companies/harbour/variables"
    made = await msp("PUT", f"{here}/contract", {"value": "C-4711"})
    assert (made.json()["kind"], made.json()["value"]) == ("text", "C-4711")
    await msp("PUT", f"{here}/vpn_key", {"kind": "secret", "value": "hush"})
    wrong = await msp("PUT", f"{here}/seats", {"kind": "number", "value": "many"})
    assert problem_of(wrong)[:1] == (422,)
    listed = (await msp("GET", here)).json()["data"]
    assert [(one["name"], one["value"]) for one in listed] == [
        ("contract", "C-4711"),
        ("vpn_key", None),
    ]
    assert (await client("GET", here)).status_code == 403
    assert (await msp("DELETE", f"{here}/contract")).status_code == 204
    assert (await msp("DELETE", f"{here}/contract")).status_code == 404
