"""The contract of OneTimeCodes."""

from datetime import timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pyotp
import pytest

from adapters.memory.codes import MemoryCodes, code_of
from adapters.otp.codes import TotpCodes
from portal_core.identity.factors import check_secret
from tests.examples import SECRET
from tests.people import NOON

STEP = int(NOON.timestamp()) // 30


@pytest.fixture(params=["memory", "totp"])
def codes_and_maker(request):
    """Codes, and what makes the code of an interval as somebody's app would."""
    if request.param == "memory":
        return MemoryCodes(), code_of
    return TotpCodes(), lambda secret, step: pyotp.HOTP(secret).at(step)


def test_the_codes_of_now_and_around_fit(codes_and_maker):
    codes, make = codes_and_maker
    for step in (STEP - 1, STEP, STEP + 1):
        assert codes.step(SECRET, make(SECRET, step), NOON) == step


def test_no_other_code_fits(codes_and_maker):
    codes, make = codes_and_maker
    wrong = make(SECRET, STEP - 2), make(SECRET, STEP + 2), "", "12345", "١٢٣٤٥٦", "\udcff"
    assert [codes.step(SECRET, code, NOON) for code in wrong] == [None] * len(wrong)
    late = NOON + timedelta(seconds=60)
    assert codes.step(SECRET, make(SECRET, STEP), late) is None


def test_secrets_differ_and_are_long_enough(codes_and_maker):
    codes, _ = codes_and_maker
    one, two = codes.new_secret(), codes.new_secret()
    assert one != two
    check_secret(one)
    check_secret(two)


def test_an_app_can_read_the_address(codes_and_maker):
    codes, _ = codes_and_maker
    address = urlsplit(codes.address(SECRET, "bea@example.com", "Harbour IT"))
    query = parse_qs(address.query)
    assert (address.scheme, address.netloc) == ("otpauth", "totp")
    assert unquote(address.path) == "/Harbour IT:bea@example.com"
    assert (query["secret"], query["issuer"]) == ([SECRET], ["Harbour IT"])
