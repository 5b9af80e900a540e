import pytest
from msgspec.structs import replace

from portal_core.errors import Conflict, NotFound
from tests.examples import a_category, a_product


async def store(database, *categories):
    async with database.begin() as work:
        for category in categories:
            await work.categories.add(category)


async def paths(database):
    async with database.read() as work:
        return [category.path for category in await work.categories.list()]


@pytest.fixture
async def mice(database):
    """The shelf Parts, and the shelf Mice on it."""
    parts = a_category("Parts")
    mice = a_category("Mice", parts)
    await store(database, parts, mice)
    return mice


async def test_a_category_comes_back_as_stored(database, mice):
    async with database.read() as work:
        assert await work.categories.get(mice.id) == mice


async def test_a_category_that_is_not_there(database):
    async with database.read() as work:
        with pytest.raises(NotFound):
            await work.categories.get(a_category().id)


async def test_categories_come_by_path_whatever_its_case(database):
    await store(database, *map(a_category, ["Zip", "apple", "Émile", "Bolt"]))
    assert await paths(database) == ["apple", "Bolt", "Zip", "Émile"]


async def test_a_path_is_taken_once_whatever_its_case(database, mice):
    parts = replace(mice, id=mice.parent_id, parent_id=None, name="Parts", path="Parts")
    with pytest.raises(Conflict):
        await store(database, a_category("MICE", parts))


async def test_the_same_name_may_stand_elsewhere(database, mice):
    await store(database, a_category("Mice"))
    assert await paths(database) == ["Mice", "Parts", "Parts/Mice"]


async def test_renaming_moves_all_that_is_below(database, mice):
    await store(
        database, a_category("Blue", mice), a_category("Mic"), a_category("Partsbox")
    )
    async with database.begin() as work:
        parts = await work.categories.get(mice.parent_id)
        await work.categories.rename(replace(parts, name="Spares", path="Spares"))
    assert await paths(database) == [
        "Mic",
        "Partsbox",
        "Spares",
        "Spares/Mice",
        "Spares/Mice/Blue",
    ]


async def test_a_name_may_change_its_case(database, mice):
    async with database.begin() as work:
        await work.categories.rename(replace(mice, name="MICE", path="Parts/MICE"))
    assert await paths(database) == ["Parts", "Parts/MICE"]


@pytest.mark.parametrize("wild", ["%", "_"])
async def test_a_name_with_a_wildcard_moves_only_its_own(database, wild):
    top, other = a_category(wild), a_category("Q")
    await store(database, top, other, a_category("own", top), a_category("theirs", other))
    async with database.begin() as work:
        await work.categories.rename(replace(top, name="A", path="A"))
    assert await paths(database) == ["A", "A/own", "Q", "Q/theirs"]


async def test_renaming_to_a_taken_path_conflicts(database, mice):
    await store(database, a_category("Keyboards"))
    with pytest.raises(Conflict):
        async with database.begin() as work:
            parts = await work.categories.get(mice.parent_id)
            await work.categories.rename(replace(parts, name="x", path="KEYBOARDS"))


async def test_an_empty_shelf_is_removed(database, mice):
    async with database.begin() as work:
        await work.categories.remove(mice.id)
    assert await paths(database) == ["Parts"]


async def test_a_shelf_with_a_shelf_on_it_stays(database, mice):
    with pytest.raises(Conflict):
        async with database.begin() as work:
            await work.categories.remove(mice.parent_id)


@pytest.mark.parametrize("archived", [False, True])
async def test_a_shelf_with_a_product_on_it_stays(database, mice, archived):
    async with database.begin() as work:
        product = replace(a_product(category_id=mice.id), archived=archived)
        await work.products.add(product)
    with pytest.raises(Conflict):
        async with database.begin() as work:
            await work.categories.remove(mice.id)
