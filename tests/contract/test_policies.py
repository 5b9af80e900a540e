import pytest
from msgspec.structs import replace

from portal_core.companies.portal import PortalSettings
from portal_core.identity.permissions import MspRole
from portal_core.identity.policy import SignInPolicy
from portal_core.ids import UserId, new_id
from tests.examples import a_company, a_membership, a_user


@pytest.fixture
async def join(database):
    """Let a user join companies with these policies."""

    async def joined(user, *policies):
        async with database.begin() as work:
            await work.users.add(user)
            for number, policy in enumerate(policies):
                company = replace(a_company(f"Company {number}"), sign_in=policy)
                await work.companies.add(company)
                await work.memberships.keep(a_membership(company, user))

    return joined


async def policy_of(database, user_id):
    async with database.read() as work:
        return await work.policies.of_user(user_id)


async def test_the_strictest_of_all_companies_holds(database, join):
    user = a_user()
    await join(
        user,
        SignInPolicy(second_factor=True, trust_days=9),
        SignInPolicy(second_factor=False, trust_days=3),
    )
    strictest = SignInPolicy(second_factor=True, trust_days=3)
    assert await policy_of(database, user.id) == strictest


async def test_who_belongs_nowhere_has_the_usual_policy(database, join):
    user = a_user()
    await join(user)
    assert await policy_of(database, user.id) == SignInPolicy()
    assert await policy_of(database, UserId(new_id())) == SignInPolicy()


async def test_the_msps_people_have_the_msps_policy(database, join):
    user = a_user(msp_role=MspRole.ADMINISTRATOR)
    await join(user, SignInPolicy(trust_days=2))
    found = await policy_of(database, user.id)
    assert found == replace(PortalSettings().sign_in, trust_days=2)
    mild = SignInPolicy(trust_days=5)
    async with database.begin() as work:
        await work.settings.keep(PortalSettings(sign_in=mild))
    assert await policy_of(database, user.id) == replace(mild, trust_days=2)
