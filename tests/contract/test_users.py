import pytest
from msgspec.structs import replace

from portal_core.errors import Conflict, NotFound
from portal_core.identity.permissions import MspRole
from portal_core.paging import Window
from tests.contract.lists import walk
from tests.examples import a_user
from tests.people import NOON


@pytest.fixture
async def bea(database):
    user = a_user("Bea Buyer", email="Bea@Example.com")
    async with database.begin() as work:
        await work.users.add(user)
    return user


async def test_a_user_comes_back_as_stored(database, bea):
    async with database.read() as work:
        assert await work.users.get(bea.id) == bea


async def test_somebody_who_is_not_there_is_not_found(database):
    async with database.read() as work:
        with pytest.raises(NotFound):
            await work.users.get(a_user().id)


async def test_a_user_is_found_by_address(database, bea):
    async with database.read() as work:
        assert await work.users.find_by_email("bea@example.com") == bea
        assert await work.users.find_by_email("bea@example.org") is None


async def test_an_address_is_taken_once(database, bea):
    with pytest.raises(Conflict):
        async with database.begin() as work:
            await work.users.add(a_user("Another Bea", email=bea.email))


async def test_the_next_version_is_stored(database, bea):
    changed = replace(bea, name="Bea B.", disabled=True, signed_in_at=NOON, version=2)
    async with database.begin() as work:
        await work.users.save(changed)
    async with database.read() as work:
        assert await work.users.get(bea.id) == changed


@pytest.mark.parametrize("version", [0, 1, 3])
async def test_any_other_version_conflicts(database, bea, version):
    with pytest.raises(Conflict):
        async with database.begin() as work:
            await work.users.save(replace(bea, name="Too late", version=version))


async def test_a_user_who_is_not_there_has_no_next_version(database):
    with pytest.raises(Conflict):
        async with database.begin() as work:
            await work.users.save(replace(a_user(), version=2))


async def test_nobody_changes_to_an_address_that_is_taken(database, bea):
    other = a_user("Otto")
    async with database.begin() as work:
        await work.users.add(other)
    with pytest.raises(Conflict):
        async with database.begin() as work:
            await work.users.save(replace(other, email=bea.email, version=2))


async def test_whether_there_is_any_user(database):
    async with database.begin() as work:
        assert not await work.users.any()
        await work.users.add(a_user())
        assert await work.users.any()


async def test_administrators_are_those_of_the_msp_who_can_sign_in(database):
    zoe = a_user("Zoe", msp_role=MspRole.ADMINISTRATOR)
    ann = a_user("ann", msp_role=MspRole.ADMINISTRATOR)
    gone = replace(a_user("Gone", msp_role=MspRole.ADMINISTRATOR), disabled=True)
    async with database.begin() as work:
        for user in (zoe, ann, gone, a_user("Bea")):
            await work.users.add(user)
    async with database.read() as work:
        assert list(await work.users.administrators()) == [ann, zoe]


async def test_users_are_listed_by_name_whatever_its_case(database):
    names = ["Zoe", "ann", "Émile", "Bob", "eve", "Änne"]
    async with database.begin() as work:
        for number, name in enumerate(names):
            await work.users.add(a_user(name, email=f"u{number}@example.com"))
    async with database.read() as work:
        page = await work.users.page("", Window())
    assert [user.name for user in page.items] == sorted(names, key=str.casefold)


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("BUYER", {"Bea Buyer"}),
        ("@other", {"Otto"}),
        ("ÉMILE", {"Émile"}),
        ("e", {"Bea Buyer", "Otto", "Émile"}),
        ("%", set()),
        ("_", set()),
        ("nobody", set()),
    ],
)
async def test_users_are_found_by_part_of_name_or_address(database, bea, search, found):
    async with database.begin() as work:
        await work.users.add(a_user("Otto", email="ot@other.example"))
        await work.users.add(a_user("Émile", email="emil@example.com"))
    async with database.read() as work:
        page = await work.users.page(search, Window())
    assert {user.name for user in page.items} == found


async def test_every_user_is_on_one_page(database):
    async with database.begin() as work:
        for number in range(10):
            await work.users.add(a_user("Same Name", email=f"u{number}@example.com"))

    async def read(window):
        async with database.read() as work:
            return await work.users.page("", window)

    there, back = await walk(read)
    assert there == back
    assert len({user.id for user in there}) == len(there) == 10
