"""A company that shops."""

import pytest

from tests.examples import a_company
from tests.people import BUYER, BUYER_ID


@pytest.fixture
def harbour(database):
    company = a_company("Harbour")
    database.tables.companies[company.id] = company
    return company


@pytest.fixture
def orchard(database):
    company = a_company("Orchard")
    database.tables.companies[company.id] = company
    return company


@pytest.fixture
def buyer(harbour):
    """A buyer of Harbour."""
    assert BUYER.id == BUYER_ID
    return BUYER.within(harbour.id)
