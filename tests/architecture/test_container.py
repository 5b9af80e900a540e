"""The container builds, whole, and nobody who subscribes is without a handler."""

import pytest

from entrypoints.container import Container
from entrypoints.settings import Settings
from portal_core.subscriptions import Subscriber


@pytest.fixture(params=["", "redis://127.0.0.1:6379", "postgresql://127.0.0.1:5432/portal"])
def container(request, tmp_path):
    """The container of a portal with this queue, connected to nothing yet."""
    settings = Settings(
        data_dir=tmp_path,
        database_url=f"sqlite:///{tmp_path / 'portal.db'}",
        queue_url=request.param,
        public_url="https://portal.example.com",
        secret_keys=("a-secret-key-that-opens-nothing-at-all",),
        smtp_url="smtp://127.0.0.1:2525",
        mail_from="portal@example.com",
    )
    return Container(settings=settings)


async def test_every_provider_builds(container):
    for name, provider in container.providers.items():
        assert provider() is not None, name


async def test_every_subscriber_has_a_handler(container):
    assert set(container.dispatcher()._handlers) == set(Subscriber)
