"""How often one may ask."""

import pytest

from adapters.http.limits import ANONYMOUS, SIGNED_IN, Buckets


class Time:
    """Seconds that pass when they are told to."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def test_a_bucket_empties_and_fills_again():
    time = Time()
    buckets = Buckets(time)
    assert [buckets.wait("a", 60) for _ in range(60)] == [0.0] * 60
    assert buckets.wait("a", 60) == pytest.approx(1.0)
    assert buckets.wait("b", 60) == 0.0
    time.now = 2.0
    assert [buckets.wait("a", 60) > 0 for _ in range(3)] == [False, False, True]


def test_buckets_do_not_pile_up():
    buckets = Buckets(Time())
    for number in range(60_000):
        buckets.wait(str(number), 10)
    assert len(buckets._buckets) <= 50_000


async def many(browser, times):
    """Ask so often, and return the last answer."""
    for _ in range(times):
        answer = await browser.http.get("/robots.txt")
        if answer.status_code == 429:
            break
    return answer


async def test_visitors_of_one_network_share_a_budget(town):
    browser, other = town.browser(), town.browser(address="198.51.100.200")
    assert (await many(browser, ANONYMOUS - 5)).status_code == 200
    answer = await many(other, 10)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) >= 1
    elsewhere = town.browser(address="203.0.113.1")
    assert (await many(elsewhere, 1)).status_code == 200
    assert (await browser.http.get("/health/live")).status_code == 200


async def test_who_is_signed_in_may_ask_more_often(town):
    browser = await town.signed_in("buyer")
    assert (await many(browser, ANONYMOUS + 50)).status_code == 200
    assert (await many(browser, SIGNED_IN * 2)).status_code == 429


async def test_made_up_sessions_do_not_help(town):
    browser = town.browser()
    for number in range(ANONYMOUS + 5):
        headers = {"cookie": f"__Host-atrium=made-up-{number}"}
        answer = await browser.http.get("/robots.txt", headers=headers)
    assert answer.status_code == 429


async def test_other_cookies_do_not_help_either(town):
    browser = await town.signed_in("buyer")
    session = f"__Host-atrium={browser.cookie()}"
    for number in range(SIGNED_IN * 2):
        headers = {"cookie": f"{session}; x={number}"}
        answer = await browser.http.get("/robots.txt", headers=headers)
        if answer.status_code == 429:
            break
    assert answer.status_code == 429
