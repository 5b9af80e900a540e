"""A passkey in Chromium's virtual authenticator, made and used as people do."""

import pytest

from tests.e2e.browser import Person

BUYER = "ava@northwind-dental.example"


@pytest.fixture
def person(portal, chrome):
    """Somebody whose device has a built-in authenticator that knows its owner."""
    person = Person(chrome, portal)
    devtools = person.context.new_cdp_session(person.page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return person


def test_a_passkey_is_made_and_signs_in(person):
    person.sign_in(BUYER)
    person.go("/account/security/passkeys/new")
    person.page.get_by_label("Name").fill("My laptop")
    person.press("Make a passkey")
    person.sees("The passkey is added")
    person.sees("My laptop")
    person.context.clear_cookies()
    person.go("/login")
    person.press("Use a passkey")
    person.page.wait_for_url("**/home")
    person.go("/account/security")
    person.sees("by passkey")
    assert person.complaints == []
