"""How often the portal is killed."""

import pytest


def pytest_addoption(parser):
    parser.addoption("--kills", type=int, default=4, help="how many programs to kill")


@pytest.fixture
def kills(request):
    """How many programs to kill."""
    return request.config.getoption("--kills")
