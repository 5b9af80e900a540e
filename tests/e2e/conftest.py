"""The portal with everybody in it."""

import pytest

from adapters.memory.database import MemoryDatabase
from tests.house import parts_for, settings_in, settle


@pytest.fixture
async def town(tmp_path, clock):
    """A portal with companies, people, products and orders, in memory."""
    town = await settle(parts_for(settings_in(tmp_path), clock, MemoryDatabase()))
    await town.stock_up()
    return town
