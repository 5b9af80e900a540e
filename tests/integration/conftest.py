"""The portal over HTTP, on each database that needs no server."""

import pytest

from adapters.memory.database import MemoryDatabase
from adapters.sql.schema import upgrade
from entrypoints.container import closing
from tests.house import parts_for, settings_in, settle


@pytest.fixture
def settings(tmp_path):
    """The settings of the portal under test."""
    return settings_in(tmp_path)


@pytest.fixture
async def town_in_memory(settings, clock):
    """A portal with companies and people, in memory."""
    return await settle(parts_for(settings, clock, MemoryDatabase()))


@pytest.fixture
def town(town_in_memory):
    """The portal that most tests ask."""
    return town_in_memory


@pytest.fixture
async def town_on_sqlite(tmp_path, clock):
    """A portal with companies and people, on SQLite."""
    settings = settings_in(tmp_path)
    await upgrade(settings.database_url)
    async with closing(parts_for(settings, clock)) as parts:
        yield await settle(parts)
