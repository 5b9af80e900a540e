"""The services of the core, over one database in memory."""

import pytest

from adapters.memory.codes import MemoryCodes, MemoryKnownPasswords
from adapters.memory.database import MemoryDatabase
from adapters.memory.federation import MemoryFederation
from adapters.memory.passkeys import MemoryPasskeys
from adapters.memory.passwords import MemoryKeyDigest, MemoryPasswordHasher
from portal_core.commerce.carts import CartService
from portal_core.commerce.catalogue import CatalogueService
from portal_core.commerce.orders import OrderService
from portal_core.commerce.shelves import CategoryService, PriceListService
from portal_core.commerce.shop import ShopService
from portal_core.companies.access import AccessService
from portal_core.companies.companies import CompanyService
from portal_core.companies.memberships import MembershipService
from portal_core.companies.msp_people import MspPeopleService
from portal_core.companies.roles import RoleService
from portal_core.companies.settings import SettingsService
from portal_core.companies.sign_in_policies import PolicyService
from portal_core.companies.variables import VariableService
from portal_core.identity.api_keys import ApiKeyService
from portal_core.identity.federation import FederationService
from portal_core.identity.passwords import PasswordService
from portal_core.identity.provider_settings import ProviderService
from portal_core.identity.second_factors import FactorService
from portal_core.identity.sessions import SessionService
from portal_core.identity.setup import SetupService
from portal_core.identity.sign_in import SignInService
from portal_core.identity.users import UserService
from portal_core.overview.overview import OverviewService


@pytest.fixture
def database():
    return MemoryDatabase()


@pytest.fixture
def facts(database):
    """Return what was recorded, oldest first: all of it, or one kind."""

    def recorded(*kinds):
        events = database.tables.events.values()
        return [event for event in events if isinstance(event, kinds or object)]

    return recorded


@pytest.fixture
def hasher():
    return MemoryPasswordHasher(cost=2)


@pytest.fixture
def digest():
    return MemoryKeyDigest()


@pytest.fixture
def sign_in(database, hasher, clock):
    return SignInService(
        database=database,
        hasher=hasher,
        codes=MemoryCodes(),
        passkeys=MemoryPasskeys(),
        digest=MemoryKeyDigest(),
        clock=clock,
    )


@pytest.fixture
def factors(database, hasher, clock):
    return FactorService(
        database=database,
        hasher=hasher,
        codes=MemoryCodes(),
        passkeys=MemoryPasskeys(),
        digest=MemoryKeyDigest(),
        clock=clock,
    )


@pytest.fixture
def sessions(database, clock):
    return SessionService(database=database, clock=clock)


@pytest.fixture
def known():
    return MemoryKnownPasswords({"correct horse battery staple"})


@pytest.fixture
def passwords(database, hasher, known, clock):
    return PasswordService(database=database, hasher=hasher, known=known, clock=clock)


@pytest.fixture
def setup(database, hasher, known, clock):
    return SetupService(database=database, hasher=hasher, known=known, clock=clock)


@pytest.fixture
def provider():
    """Everything that the provider's side of signing in does."""
    return MemoryFederation()


@pytest.fixture
def federation(database, provider, clock):
    return FederationService(database=database, federation=provider, clock=clock)


@pytest.fixture
def providers(database, provider, clock):
    return ProviderService(database=database, federation=provider, clock=clock)


@pytest.fixture
def policies(database, clock):
    return PolicyService(database=database, clock=clock)


@pytest.fixture
def users(database, hasher, known, clock):
    return UserService(database=database, hasher=hasher, known=known, clock=clock)


@pytest.fixture
def api_keys(database, digest, clock):
    return ApiKeyService(database=database, digest=digest, clock=clock)


@pytest.fixture
def access(database, digest, clock):
    return AccessService(database=database, digest=digest, clock=clock)


@pytest.fixture
def companies(database, clock):
    return CompanyService(database=database, clock=clock)


@pytest.fixture
def memberships(database, clock):
    return MembershipService(database=database, clock=clock)


@pytest.fixture
def roles(database, clock):
    return RoleService(database=database, clock=clock)


@pytest.fixture
def variables(database, clock):
    return VariableService(database=database, clock=clock)


@pytest.fixture
def msp_people(database, clock):
    return MspPeopleService(database=database, clock=clock)


@pytest.fixture
def settings(database, clock):
    return SettingsService(database=database, clock=clock)


@pytest.fixture
def catalogue(database, clock):
    return CatalogueService(database=database, clock=clock)


@pytest.fixture
def categories(database):
    return CategoryService(database=database)


@pytest.fixture
def price_lists(database, clock):
    return PriceListService(database=database, clock=clock)


@pytest.fixture
def shop(database):
    return ShopService(database=database)


@pytest.fixture
def carts(database, clock):
    return CartService(database=database, clock=clock, currency="AUD")


@pytest.fixture
def overview(database, clock):
    return OverviewService(database=database, clock=clock)


@pytest.fixture
def orders(database, clock):
    return OrderService(database=database, clock=clock)
