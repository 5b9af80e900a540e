"""Every object the portal is made of, and how they fit. Nothing else builds services."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial

from dependency_injector.containers import DeclarativeContainer
from dependency_injector.providers import Dependency, Dict, Object, Singleton

from adapters.crypto.digest import HmacKeyDigest
from adapters.crypto.sealer import Sealer
from adapters.crypto.signer import Signer
from adapters.discord.channel import DiscordChannel
from adapters.federation.providers import Providers
from adapters.feed.reader import XmlFeedReader
from adapters.feed.source import Feeds
from adapters.jobs.in_process import InProcessQueue
from adapters.jobs.relay import Relay, report_fault
from adapters.jobs.saq import SaqQueue
from adapters.net.client import GuardedClient
from adapters.net.guard import NetworkGuard
from adapters.otp.codes import TotpCodes
from adapters.passkeys.verifier import WebAuthn
from adapters.passwords.hasher import Argon2Hasher
from adapters.passwords.known import ListedPasswords
from adapters.smtp.mailer import FolderMailer, SmtpMailer
from adapters.sql.database import SqlDatabase
from adapters.sql.engine import create_engine
from adapters.sql.readiness import SqlReadiness
from entrypoints.settings import Settings
from portal_core.automation.deliveries import DeliveryService
from portal_core.automation.webhooks import EndpointService, WebhookSender
from portal_core.clock import Clock
from portal_core.commerce.carts import CartService
from portal_core.commerce.catalogue import CatalogueService
from portal_core.commerce.importing import ImportingService
from portal_core.commerce.imports import ImportService
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
from portal_core.identity.actor import Actor
from portal_core.identity.api_keys import ApiKeyService
from portal_core.identity.federation import FederationService
from portal_core.identity.passwords import PasswordService
from portal_core.identity.provider_settings import ProviderService
from portal_core.identity.second_factors import FactorService
from portal_core.identity.sessions import SessionService
from portal_core.identity.setup import SetupService
from portal_core.identity.sign_in import SignInService
from portal_core.identity.users import UserService
from portal_core.jobs import Chore, JobQueue
from portal_core.notifications.people import BuyerNotifier, DeskNotifier
from portal_core.notifications.security import PersonNotifier
from portal_core.notifications.staff import StaffNotifier
from portal_core.outbox import Dispatcher
from portal_core.overview.overview import OverviewService
from portal_core.subscriptions import Subscriber


def utc_now() -> datetime:
    """Return the current moment."""
    return datetime.now(UTC)


def open_queue(settings: Settings) -> JobQueue:
    """Return the queue that the settings ask for; nothing is connected yet.

    SQLite has none of its own: within one program chores are passed on in memory, and
    between programs the worker's poll finds them.
    """
    url = settings.queue_url or settings.database_url
    if url.startswith("sqlite") or (settings.embedded and not settings.queue_url):
        return InProcessQueue()
    return SaqQueue(url)


def open_mailer(settings: Settings, clock: Clock) -> SmtpMailer | FolderMailer:
    """Return the way mail goes: to a server, or without one into the data folder."""
    sender = settings.mail_from or "Atrium <portal@localhost>"
    if settings.smtp_url:
        return SmtpMailer(settings.smtp_url, sender=sender, clock=clock)
    return FolderMailer(settings.data_dir / "mail", sender=sender, clock=clock)


class Container(DeclarativeContainer):
    """One provider per object; reading it top to bottom is reading the architecture."""

    settings = Dependency(instance_of=Settings)

    # What the portal stands on
    clock = Object(utc_now)
    hasher = Singleton(Argon2Hasher)
    codes = Singleton(TotpCodes)
    passkeys = Singleton(WebAuthn, settings.provided.public_url)
    known = Singleton(ListedPasswords, settings.provided.data_dir)
    digest = Singleton(HmacKeyDigest, settings.provided.secret_keys)
    sealer = Singleton(Sealer, settings.provided.secret_keys)
    signer = Singleton(Signer, settings.provided.secret_keys, purpose="pages")
    queue = Singleton(open_queue, settings)
    nudge = Singleton(partial, queue.provided.ask, Chore.RELAY)
    engine = Singleton(create_engine, settings.provided.database_url)
    readiness = Singleton(SqlReadiness, engine)
    database = Singleton(SqlDatabase, engine, secrets=sealer, nudge=nudge)
    guard = Singleton(NetworkGuard, allowed=settings.provided.webhook_allowed_networks)
    client = Singleton(GuardedClient, guard)
    mailer = Singleton(open_mailer, settings, clock)
    feeds = Singleton(Feeds, downloads=client, folder=settings.provided.data_dir)

    # Coming in
    sign_in = Singleton(
        SignInService,
        database=database,
        hasher=hasher,
        codes=codes,
        passkeys=passkeys,
        digest=digest,
        clock=clock,
    )
    setup = Singleton(
        SetupService, database=database, hasher=hasher, known=known, clock=clock
    )
    passwords = Singleton(
        PasswordService, database=database, hasher=hasher, known=known, clock=clock
    )
    factors = Singleton(
        FactorService,
        database=database,
        hasher=hasher,
        codes=codes,
        passkeys=passkeys,
        digest=digest,
        clock=clock,
    )
    vouching = Singleton(Providers, client, public_url=settings.provided.public_url)
    federation = Singleton(
        FederationService, database=database, federation=vouching, clock=clock
    )
    sign_in_providers = Singleton(
        ProviderService, database=database, federation=vouching, clock=clock
    )
    sessions = Singleton(SessionService, database=database, clock=clock)
    access = Singleton(AccessService, database=database, digest=digest, clock=clock)

    # Identity and companies
    users = Singleton(
        UserService, database=database, hasher=hasher, known=known, clock=clock
    )
    api_keys = Singleton(ApiKeyService, database=database, digest=digest, clock=clock)
    companies = Singleton(CompanyService, database=database, clock=clock)
    memberships = Singleton(MembershipService, database=database, clock=clock)
    roles = Singleton(RoleService, database=database, clock=clock)
    variables = Singleton(VariableService, database=database, clock=clock)
    msp_people = Singleton(MspPeopleService, database=database, clock=clock)
    policies = Singleton(PolicyService, database=database, clock=clock)
    portal_settings = Singleton(SettingsService, database=database, clock=clock)

    # Commerce
    catalogue = Singleton(CatalogueService, database=database, clock=clock)
    categories = Singleton(CategoryService, database=database)
    price_lists = Singleton(PriceListService, database=database, clock=clock)
    shop = Singleton(ShopService, database=database)
    carts = Singleton(
        CartService,
        database=database,
        clock=clock,
        currency=settings.provided.currency,
    )
    orders = Singleton(OrderService, database=database, clock=clock)
    importing = Singleton(
        ImportingService,
        database=database,
        reader=Singleton(XmlFeedReader),
        source=feeds,
        clock=clock,
        currency=settings.provided.currency,
    )
    imports = Singleton(ImportService, database=database, jobs=queue, clock=clock)

    overview = Singleton(OverviewService, database=database, clock=clock)

    # Telling the world
    endpoints = Singleton(EndpointService, database=database, guard=guard, clock=clock)
    deliveries = Singleton(DeliveryService, database=database, mails=mailer, clock=clock)
    webhooks = Singleton(WebhookSender, database=database, client=client, clock=clock)
    staff_notifier = Singleton(
        StaffNotifier,
        database=database,
        channel=Singleton(DiscordChannel, client),
        public_url=settings.provided.public_url,
    )
    buyer_notifier = Singleton(
        BuyerNotifier,
        database=database,
        mailer=mailer,
        public_url=settings.provided.public_url,
    )
    desk_notifier = Singleton(
        DeskNotifier,
        database=database,
        mailer=mailer,
        public_url=settings.provided.public_url,
    )
    person_notifier = Singleton(
        PersonNotifier,
        database=database,
        mailer=mailer,
        clock=clock,
        public_url=settings.provided.public_url,
    )
    dispatcher = Singleton(
        Dispatcher,
        handlers=Dict(
            {
                Subscriber.WEBHOOKS: webhooks.provided.deliver,
                Subscriber.DISCORD: staff_notifier.provided.deliver,
                Subscriber.MAIL_BUYER: buyer_notifier.provided.deliver,
                Subscriber.MAIL_MSP: desk_notifier.provided.deliver,
                Subscriber.MAIL_PERSON: person_notifier.provided.deliver,
            }
        ),
        clock=clock,
        chance=Object(random.random),
        report=Object(report_fault),
    )

    # What a worker does
    relay = Singleton(
        Relay, outbox=database.provided.outbox, dispatcher=dispatcher, clock=clock
    )
    chores = Dict(
        {
            Chore.RELAY: relay.provided.run,
            Chore.IMPORT_FEED: Singleton(
                partial, importing.provided.work, Actor.system("feed import")
            ),
        }
    )


@asynccontextmanager
async def closing(parts: Container) -> AsyncIterator[Container]:
    """Lend the container, and close what it has opened. Doing so twice is harmless."""
    try:
        yield parts
    finally:
        queue = parts.queue()
        if isinstance(queue, SaqQueue):
            await queue.close()
        hasher = parts.hasher()
        if isinstance(hasher, Argon2Hasher):
            hasher.close()
        client = parts.client()
        await client.close()
        await parts.engine().dispose()
