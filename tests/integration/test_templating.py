"""How amounts and times read in a page."""

from datetime import UTC, date, datetime

import pytest
from jinja2 import UndefinedError

from adapters.http.addresses import Address
from adapters.http.shell import Shell
from adapters.http.static_files import read_manifest
from adapters.http.templating import environment
from portal_core.money import Money

NOON = datetime(2026, 3, 5, 12, 0, 7, tzinfo=UTC)
SYDNEY = Shell(
    portal_name="Atrium",
    request_id="r",
    nonce="n",
    csrf_token="t",
    time_zone="Australia/Sydney",
)


@pytest.fixture(scope="module")
def jinja():
    return environment(read_manifest(), home_currency="AUD")


def written(jinja, template, **context):
    return jinja.from_string(template).render(context)


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (0, "AUD", "$0.00"),
        (123456, "AUD", "$1,234.56"),
        (-5, "AUD", "\N{MINUS SIGN}$0.05"),
        (990, "USD", "US$9.90"),
        (990, "EUR", "€9.90"),
        (1500, "JPY", "¥1,500"),
        (1500, "KWD", "KWD\N{NO-BREAK SPACE}1.500"),
    ],
)
def test_amounts_name_their_currency_unless_it_is_ours(jinja, minor, currency, text):
    assert written(jinja, "{{ amount|money }}", amount=Money(minor, currency)) == text


def test_times_are_in_the_zone_of_the_reader(jinja):
    assert (
        written(jinja, "{{ at|clock_time }}", at=NOON, shell=SYDNEY) == "5 Mar 2026, 23:00"
    )
    assert written(jinja, "{{ at|time_tag }}", at=NOON, shell=SYDNEY) == (
        '<time datetime="2026-03-05T23:00:07+11:00" data-relative>5 Mar 2026, 23:00</time>'
    )


def test_times_without_a_reader_are_in_utc(jinja):
    assert written(jinja, "{{ at|clock_time }}", at=NOON) == "5 Mar 2026, 12:00"


def test_small_things_read_well(jinja):
    template = (
        "{{ d|day }} {{ 1250|number }} {{ 1|plural('order') }}"
        " {{ 2|plural('box', 'boxes') }} {{ 'north & pike ltd'|initials }}{{ ''|initials }}"
    )
    assert written(jinja, template, d=date(2026, 1, 9)) == (
        "9 Jan 2026 1,250 1 order 2 boxes NL"
    )


def test_a_name_keeps_its_shade(jinja):
    assert written(jinja, "{{ 'Larkspur'|shade }}{{ 'Larkspur'|shade }}") in {
        f"{shade}{shade}" for shade in range(6)
    }


def test_everything_is_escaped(jinja):
    template = "{{ name }}{{ icon('truck', name) }}{{ status(name) }}"
    text = written(jinja, template, name="<b onload='x'>")
    assert "<b" not in text
    assert "'" not in text


def test_an_unknown_icon_says_where_to_add_it(jinja):
    with pytest.raises(ValueError, match=r"add it to assets/icons\.txt"):
        written(jinja, "{{ icon('unicorn') }}")


def test_an_unknown_name_is_an_error(jinja):
    with pytest.raises(UndefinedError):
        written(jinja, "{{ nobody }}")


def test_an_address_changes_one_part():
    address = Address("/orders", (("search", "a b"), ("sort", "name"), ("cursor", "xyz")))
    assert address.but(sort="-name") == "/orders?search=a+b&sort=-name"
    assert address.but(cursor="n") == "/orders?search=a+b&sort=name&cursor=n"
    assert address.but(search=None, sort="") == "/orders"
    assert (address.value("search"), address.value("status")) == ("a b", "")
