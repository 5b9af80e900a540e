import base64
from datetime import timedelta

import pytest
from msgspec.structs import replace

from portal_core.automation.model import (
    OVERLAP,
    EndpointDetails,
    PayloadFormat,
    matches,
    new_secret,
)
from portal_core.errors import Invalid
from tests.examples import an_endpoint
from tests.people import HARBOUR, NOON, ORCHARD

DETAILS = EndpointDetails(url="https://example.com/hook")


def test_details_are_tidied():
    tidy = EndpointDetails(url=" https://example.com/ ", description=" A ").checked()
    assert (tidy.url, tidy.description) == ("https://example.com/", "A")


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("url", {"url": ""}),
        ("url", {"url": "example.com"}),
        ("url", {"url": "ftp://example.com"}),
        ("url", {"url": "https://"}),
        ("url", {"url": "https://user:secret@example.com/"}),
        ("url", {"url": "https://example.com:99999/"}),
        ("url", {"url": "https://example.com:0/"}),
        ("url", {"url": "https://[broken/"}),
        ("url", {"url": "https://example.com/" + "x" * 2_000}),
        ("events", {"events": ()}),
        ("events", {"events": ("order.placed", "orders")}),
        ("events", {"events": ("order.placed.twice",)}),
        ("events", {"events": ("ORDER.PLACED",)}),
        ("description", {"description": "x" * 201}),
        ("legacy_key", {"format": PayloadFormat.LEGACY_ORDER}),
        ("legacy_key", {"legacy_key": "a\r\nhost: elsewhere"}),
        ("legacy_key", {"legacy_key": "schlüssel"}),
        ("legacy_key", {"legacy_key": "x" * 201}),
    ],
)
def test_a_broken_field_is_named(field, values):
    with pytest.raises(Invalid) as refusal:
        replace(DETAILS, **values).checked()
    assert [problem.field for problem in refusal.value.problems] == [field]


def test_a_port_may_be_named():
    assert replace(DETAILS, url="http://[2001:db8::1]:8080/x").checked()


@pytest.mark.parametrize(
    ("pattern", "hears"),
    [
        ("*", True),
        ("order.*", True),
        ("order.placed", True),
        ("order.shipped", False),
        ("product.*", False),
    ],
)
def test_an_endpoint_hears_what_it_asked_for(pattern, hears):
    assert matches("order.placed", ["user.created", pattern]) is hears
    endpoint = an_endpoint(events=(pattern,))
    assert endpoint.wants("order.placed", HARBOUR) is hears


def test_an_endpoint_of_one_company_hears_of_that_one():
    endpoint = an_endpoint(company_id=HARBOUR)
    assert endpoint.wants("order.placed", HARBOUR)
    assert not endpoint.wants("order.placed", ORCHARD)
    assert not endpoint.wants("order.placed", None)
    assert an_endpoint().wants("order.placed", None)


def test_a_disabled_endpoint_hears_nothing():
    assert not replace(an_endpoint(), disabled=True).wants("order.placed", HARBOUR)


def test_the_legacy_format_is_for_new_orders_only():
    endpoint = an_endpoint(format=PayloadFormat.LEGACY_ORDER, legacy_key="key")
    assert endpoint.wants("order.placed", HARBOUR)
    assert not endpoint.wants("order.shipped", HARBOUR)


def test_a_secret_is_written_as_standard_webhooks_says():
    secret = new_secret()
    assert secret.startswith("whsec_")
    assert len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) == 32
    assert secret != new_secret()


def test_a_replaced_secret_signs_along_for_a_day():
    endpoint = an_endpoint()
    [old] = endpoint.signing_secrets(NOON)
    rotated = endpoint.rotated(at=NOON)
    new, also = rotated.signing_secrets(NOON)
    assert (also, new != old) == (old, True)
    assert rotated.signing_secrets(NOON + OVERLAP) == (new,)


def test_rotating_twice_keeps_the_last_one_only():
    once = an_endpoint().rotated(at=NOON)
    later = NOON + timedelta(hours=1)
    twice = once.rotated(at=later)
    assert twice.signing_secrets(later)[1] == once.secrets[0]
    assert len(twice.secrets) == 2
