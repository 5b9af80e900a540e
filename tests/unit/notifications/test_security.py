"""Telling a person what happens to their account."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from portal_core.companies.portal import PortalSettings
from portal_core.delivery import Delivery, Due
from portal_core.events import ActorKind, ActorRef, Stamp
from portal_core.identity.events import (
    AccountLinked,
    AccountUnlinked,
    BrowserAdded,
    FactorAdded,
    FactorRemoved,
    FactorsReset,
    PasswordChanged,
    PasswordResetAsked,
    RecoveryCodesRenewed,
    UserInvited,
    UserLocked,
    UserSignedOut,
)
from portal_core.identity.factors import Method
from portal_core.identity.tokens import Purpose, token_hash
from portal_core.ids import DeliveryId, EventId, LinkId, UserId, new_id
from portal_core.notifications.security import NOBODY, PersonNotifier
from tests.examples import a_user
from tests.people import NOON

URL = "https://portal.example"
BEA = UserId(new_id())
STAMP = Stamp(
    id=EventId(new_id()), at=NOON, actor=ActorRef(ActorKind.USER, new_id(), "Mia Provider")
)
LINK = LinkId(new_id())
TOLD = [
    (
        BrowserAdded(
            stamp=STAMP,
            user_id=BEA,
            browser="Firefox",
            network="203.0.113.0/24",
        ),
        "New sign-in",
        "from the network 203.0.113.0/24",
    ),
    (
        UserLocked(stamp=STAMP, user_id=BEA, network="203.0.113.0/24", what="code"),
        "Somebody knows your password",
        "had no right code",
    ),
    (
        UserLocked(stamp=STAMP, user_id=BEA, network="203.0.113.0/24"),
        "Many failed sign-ins",
        "you can sign in from elsewhere",
    ),
    (PasswordChanged(stamp=STAMP, user_id=BEA), "was changed", "You changed"),
    (PasswordChanged(stamp=STAMP, user_id=BEA, how="reset"), "was changed", "by a link"),
    (PasswordChanged(stamp=STAMP, user_id=BEA, how="set"), "was changed", "administrator"),
    (
        FactorAdded(stamp=STAMP, user_id=BEA, kind=Method.PASSKEY, name="Laptop"),
        "was added",
        "The passkey “Laptop” was added.",
    ),
    (
        FactorRemoved(stamp=STAMP, user_id=BEA, name="Laptop"),
        "was removed",
        "“Laptop” can’t be used",
    ),
    (
        FactorsReset(stamp=STAMP, user_id=BEA, reason="lost phone"),
        "were reset",
        "Mia Provider removed all of them: lost phone.",
    ),
    (RecoveryCodesRenewed(stamp=STAMP, user_id=BEA), "recovery codes", "ten new"),
    (
        AccountLinked(
            stamp=STAMP, user_id=BEA, link_id=LINK, provider="Okta", account="b@x.example"
        ),
        "Okta was linked",
        "by Okta (b@x.example)",
    ),
    (
        AccountUnlinked(stamp=STAMP, user_id=BEA, link_id=LINK, provider="Okta"),
        "Okta was unlinked",
        "by Okta any more",
    ),
]


@pytest.fixture
def person(database, mailer, clock):
    return PersonNotifier(database=database, mailer=mailer, clock=clock, public_url=URL)


@pytest.fixture(autouse=True)
def bea(database):
    user = replace(a_user("Bea Buyer"), id=BEA)
    database.tables.users[user.id] = user
    database.tables.settings = PortalSettings(name="Northwind IT")
    return user


def due(event):
    delivery = Delivery(
        id=DeliveryId(new_id()), event_id=event.stamp.id, subscriber="mail-person"
    )
    return Due(delivery, event)


@pytest.mark.parametrize(
    ("event", "subject", "text"), TOLD, ids=lambda one: type(one).__name__
)
async def test_what_happens_to_an_account_is_told(person, mailer, event, subject, text):
    await person.deliver(due(event))
    [mail] = mailer.sent
    assert mail.to == "bea.buyer@example.com"
    assert subject in mail.subject
    assert text in mail.text
    assert f"{URL}/account/security" in mail.text


@pytest.mark.parametrize(
    ("event", "purpose", "path"),
    [
        (
            PasswordResetAsked(stamp=STAMP, user_id=BEA, network="203.0.113.0/24"),
            Purpose.RESET,
            "/reset?token=",
        ),
        (UserInvited(stamp=STAMP, user_id=BEA), Purpose.INVITATION, "/invite?token="),
    ],
)
async def test_a_link_is_made_when_its_mail_is(
    person, mailer, database, event, purpose, path
):
    for _ in range(2):
        await person.deliver(due(event))
    first, second = (mail.text.split(f"{URL}{path}")[1].split()[0] for mail in mailer.sent)
    assert first != second
    assert database.tables.tokens[BEA, purpose].token_hash == token_hash(second)
    assert "Northwind IT" in mailer.sent[0].subject


async def test_who_has_a_password_needs_no_invitation(person, mailer, database):
    database.tables.password_hashes[BEA] = "a hash"
    assert await person.deliver(due(UserInvited(stamp=STAMP, user_id=BEA))) == NOBODY
    assert mailer.sent == []


@pytest.mark.parametrize(
    "event",
    [
        PasswordResetAsked(stamp=STAMP, user_id=None, network="203.0.113.0/24"),
        UserSignedOut(stamp=STAMP, user_id=BEA),
    ],
)
async def test_there_may_be_nobody_to_tell(person, mailer, event):
    assert await person.deliver(due(event)) == NOBODY
    assert mailer.sent == []


async def test_who_is_disabled_is_not_told(person, mailer, database, bea, clock):
    database.tables.users[BEA] = replace(bea, disabled=True)
    clock.advance(timedelta(hours=1))
    event = PasswordChanged(stamp=STAMP, user_id=BEA)
    assert await person.deliver(due(event)) == NOBODY
    assert mailer.sent == []
