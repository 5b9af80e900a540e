"""What companies and the MSP ask of those who sign in, and how it holds."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from portal_core.identity.policy import MSP_POLICY, SignInPolicy, Way
from portal_core.identity.providers import ProviderDetails, ProviderKind
from tests.house import HERE
from tests.pages import look_at
from tests.people import SYSTEM

COMPANY = "/admin/companies/harbour/sign-in"
MSP = "/admin/settings/sign-in"
ROOM = "/c/harbour/home"


def fields(version=1, **changes):
    """Return the form as it is sent with the defaults."""
    form = {
        "ways": ["passkey", "password", "provider"],
        "trust_days": "14",
        "networks": "",
        "idle_minutes": "480",
        "absolute_hours": "24",
        "version": str(version),
    }
    return form | changes


async def save(town, page=COMPANY, **changes):
    msp = await town.signed_in("msp")
    version = look_at(await msp.get(page)).value("version")
    answer = await msp.post(page, fields(version, **changes))
    assert answer.headers["location"] == page
    return msp


async def asks(town, **policy):
    """Let the company ask this, without its page."""
    async with town.parts.database().begin() as work:
        company = await work.companies.get(town.harbour.id)
        new = SignInPolicy(**policy)
        changed = replace(company, sign_in=new, version=company.version + 1)
        await work.companies.save(changed)


@pytest.fixture(params=["memory", "sqlite"])
def each_town(request):
    """A portal with companies and people, on either database."""
    name = "town_on_sqlite" if request.param == "sqlite" else "town_in_memory"
    return request.getfixturevalue(name)


async def test_a_policy_is_saved_and_holds_from_the_next_request_on(each_town):
    town = each_town
    buyer = await town.signed_in("buyer")
    assert (await buyer.get(ROOM)).status_code == 200
    msp = await save(town, ways=["passkey"], second_factor="on", networks="10.0.0.0/8")
    page = look_at(await msp.get(COMPANY))
    boxes = [one for one in page.all("input") if one.get("name") == "ways"]
    assert [one["value"] for one in boxes if "checked" in one] == ["passkey"]
    page = look_at(await buyer.get(ROOM), 403)
    assert "Harbour lets people in by a passkey only" in page.text
    assert (await buyer.get("/account")).status_code == 200
    assert (await msp.get(ROOM)).status_code == 200


async def test_a_second_factor_is_asked_of_who_is_in_already(town):
    buyer = await town.signed_in("buyer")
    await asks(town, second_factor=True)
    page = look_at(await buyer.get(ROOM), 403)
    assert "asks for a second factor" in page.text


async def test_the_network_is_looked_at_on_every_request(town):
    await asks(town, networks=(f"{HERE}/32",))
    assert (await (await town.signed_in("buyer")).get(ROOM)).status_code == 200
    elsewhere = await town.signed_in("buyer", address="192.0.2.9")
    page = look_at(await elsewhere.get(ROOM), 403)
    assert "not from 192.0.2.9" in page.text


async def test_a_stranger_learns_nothing_of_a_policy(town):
    await asks(town, ways=(Way.PASSKEY,))
    stranger = await town.signed_in("stranger")
    assert (await stranger.get(ROOM)).status_code == 404


async def test_who_may_only_come_another_way_is_told_after_the_password(town):
    await asks(town, ways=(Way.PASSKEY, Way.PROVIDER))
    browser = town.browser()
    answer = await browser.sign_in("buyer@example.com", "not the password at all")
    assert "passkey or a provider" not in answer.text
    page = look_at(await browser.sign_in("buyer@example.com"), 422)
    assert "You may sign in by a passkey or a provider only." in page.text
    assert not browser.cookie()


async def test_a_person_of_two_companies_enters_where_it_is_enough(town):
    buyer = town.people["buyer"]
    await town.parts.memberships().grant(SYSTEM, town.orchard.id, buyer.id, "buyer")
    await asks(town, ways=(Way.PASSKEY,))
    browser = await town.signed_in("buyer")
    assert (await browser.get("/c/orchard/home")).status_code == 200
    assert (await browser.get(ROOM)).status_code == 403


async def test_sessions_live_as_long_as_the_strictest_company_says(town, clock):
    await asks(town, idle_minutes=10, absolute_hours=1)
    buyer = await town.signed_in("buyer")
    for _ in range(6):
        clock.advance(timedelta(minutes=9, seconds=59))
        assert (await buyer.get("/account")).status_code == 200
    clock.advance(timedelta(minutes=9, seconds=59))
    assert (await buyer.get("/account")).status_code == 303
    buyer = await town.signed_in("buyer")
    clock.advance(timedelta(minutes=10))
    assert (await buyer.get("/account")).status_code == 303


async def test_the_msp_is_as_strict_with_its_own_people(town):
    msp = await save(town, MSP, networks=f"{HERE}/32", idle_minutes="60")
    assert (await msp.get("/admin")).status_code == 200
    elsewhere = await town.signed_in("msp", address="192.0.2.9")
    for room in ("/admin", ROOM, MSP):
        page = look_at(await elsewhere.get(room), 403)
        assert "The MSP can only be entered from its own networks" in page.text
    assert (await elsewhere.get("/account")).status_code == 200


@pytest.mark.parametrize(
    "change", [{"ways": "passkey"}, {"second_factor": "on"}, {"networks": "10.0.0.0/8"}]
)
async def test_nobody_locks_the_msp_out(town, change):
    msp = await town.signed_in("msp")
    answer = await msp.post(MSP, fields(**change))
    page = look_at(answer, 409)
    assert "This would lock you out yourself" in page.text
    stored = town.parts.database().tables.settings.sign_in
    assert stored == replace(MSP_POLICY, second_factor=False)


@pytest.mark.parametrize("page", [COMPANY, MSP])
@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("ways", [], "at least one way"),
        ("trust_days", "31", "0 to 30 days"),
        ("idle_minutes", "4", "5 to 1440 minutes"),
        ("absolute_hours", "200", "1 to 168 hours"),
        ("networks", "10.0.0.0/8\nhere", "“here” is not a network"),
        ("providers", "01a20952-6486-79a9-bbd2-c4824dee9be0", "not there any more"),
    ],
)
async def test_what_is_wrong_is_told_and_kept(town, page, field, value, told):
    msp = await town.signed_in("msp")
    answer = await msp.post(page, fields(**{field: value}))
    shown = look_at(answer, 422)
    assert told in shown.text
    if field in {"trust_days", "idle_minutes", "absolute_hours"}:
        assert shown.value(field) == value
    if field == "networks":
        assert value in answer.text


async def test_a_policy_names_its_providers(town):
    details = ProviderDetails(
        kind=ProviderKind.GITHUB, name="Theirs", client_id="a", client_secret="b"
    )
    providers = town.parts.sign_in_providers()
    theirs = await providers.add(SYSTEM, replace(details, company_id=town.harbour.id))
    others = replace(details, name="Not theirs", company_id=town.orchard.id)
    others = await providers.add(SYSTEM, others)
    msp = await save(town, providers=[str(theirs.id)])
    text = (await msp.get(COMPANY)).text
    assert "Theirs" in text
    assert "Not theirs" not in text
    answer = await msp.post(COMPANY, fields(2, providers=[str(others.id)]))
    assert answer.status_code == 422


async def test_the_second_of_two_who_change_it_is_told(town):
    msp = await save(town, trust_days="3")
    page = look_at(await msp.post(COMPANY, fields(1, trust_days="5")), 409)
    assert "Somebody changed this company" in page.text
    assert page.value("trust_days") == "5"


async def test_a_change_takes_a_fresh_proof(town, clock):
    msp = await town.signed_in("msp")
    clock.advance(timedelta(minutes=11))
    await msp.get("/account")
    page = look_at(await msp.post(COMPANY, fields(ways=["passkey", "password"])), 403)
    kept = [one["value"] for one in page.all("input") if one.get("name") == "ways"]
    assert kept == ["passkey", "password"]


@pytest.mark.parametrize("who", ["administrator", "buyer"])
async def test_clients_do_not_change_it(town, who):
    browser = await town.signed_in(who)
    assert (await browser.get(COMPANY)).status_code == 404
    assert (await browser.post(COMPANY, fields())).status_code == 404
