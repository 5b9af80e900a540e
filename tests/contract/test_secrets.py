"""Secrets are encrypted where they lie: whoever reads the file or a backup learns none."""

import pytest
from sqlalchemy import select

from adapters.crypto.sealer import Sealer
from adapters.sql.database import SqlDatabase
from adapters.sql.tables.everything import METADATA
from portal_core.automation.model import PayloadFormat
from portal_core.companies.portal import PortalSettings
from portal_core.errors import PortalError
from tests.examples import an_endpoint
from tests.people import NOON

HOOK = "https://discord.example/api/webhooks/1/very-secret-token"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.external)])
def engine(request):
    return request.getfixturevalue(f"{request.param}_engine")


@pytest.fixture
def sealed(engine):
    """A database that seals under this key, then under others too."""

    def sealed(*keys):
        return SqlDatabase(engine, secrets=Sealer(keys))

    return sealed


async def everything(engine):
    """Return all that lies in the database, as one text."""
    async with engine.connect() as connection:
        rows = [
            row
            for table in METADATA.sorted_tables
            for row in await connection.execute(select(table))
        ]
    return repr(rows)


async def test_the_secrets_of_an_endpoint_are_not_in_the_database(engine, sealed):
    endpoint = an_endpoint(format=PayloadFormat.LEGACY_ORDER, legacy_key="very-secret-key")
    endpoint = endpoint.rotated(at=NOON)
    async with sealed("key").begin() as work:
        await work.endpoints.add(endpoint)
    stored = await everything(engine)
    assert endpoint.url in stored
    for secret in (*endpoint.secrets, endpoint.legacy_key):
        assert secret.removeprefix("whsec_") not in stored


async def test_the_address_of_the_chat_is_not_in_the_database(engine, sealed):
    settings = PortalSettings(name="Northwind IT", discord_webhook_url=HOOK)
    async with sealed("key").begin() as work:
        await work.settings.keep(settings)
    stored = await everything(engine)
    assert "Northwind IT" in stored
    assert "very-secret-token" not in stored


async def test_after_a_new_key_the_old_secrets_still_open(sealed):
    endpoint, settings = an_endpoint(), PortalSettings(discord_webhook_url=HOOK)
    async with sealed("old").begin() as work:
        await work.endpoints.add(endpoint)
        await work.settings.keep(settings)
    async with sealed("new", "old").begin() as work:
        assert await work.endpoints.get(endpoint.id) == endpoint
        assert await work.settings.get() == settings


async def test_without_the_key_nothing_opens(sealed):
    async with sealed("lost").begin() as work:
        await work.settings.keep(PortalSettings(discord_webhook_url=HOOK))
    with pytest.raises(PortalError):
        async with sealed("other").read() as work:
            await work.settings.get()
