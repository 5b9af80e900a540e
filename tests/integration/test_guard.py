"""No call of ours reaches an address inside, however it is written."""

from contextlib import asynccontextmanager

import pytest

from adapters.net.client import GuardedClient
from adapters.net.guard import NetworkGuard
from portal_core.errors import Forbidden, Invalid, Unavailable
from tests.listening import listening

HOSTILE = """
127.0.0.1 127.1 127.0.1 0177.0.0.1 0x7f.0.0.1 0x7f000001 2130706433 017700000001 0
0.0.0.0 127.255.255.254 10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.255 192.168.0.1
192.168.1.254 169.254.169.254 169.254.0.1 2852039166 0xa9fea9fe 0251.0376.0251.0376
100.64.0.1 100.127.255.255 192.0.0.1 192.0.0.192 192.0.2.1 192.88.99.1 198.18.0.1
198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.250 240.0.0.1
255.255.255.255 0.1.2.3 [::1] [::] [::ffff:127.0.0.1] [::ffff:7f00:1] [::ffff:10.0.0.1]
[::ffff:169.254.169.254] [::127.0.0.1] [64:ff9b::127.0.0.1] [64:ff9b::a9fe:a9fe]
[64:ff9b::10.0.0.1] [64:ff9b:1::1] [2002:7f00:1::] [2002:a9fe:a9fe::] [2002:0a00:1::]
[2001::1] [2001:0:7f00:1::1] [2001:10::1] [2001:db8::1] [3fff::1] [fe80::1] [fec0::1]
[fc00::1] [fd00::1] [fd00:ec2::254] [ff02::1] [ff05::1] [100::1] [5f00::1] localhost
""".split()  # noqa: SIM905 - sixty quoted words are hard to read
ODD = """
http://user@127.0.0.1 http://8.8.8.8@127.0.0.1 http://127.0.0.1. http://LOCALHOST http://localhost.
http://①②⑦.⓪.⓪.① http://127。0。0。1 http://127.0.0.%31 http://[::1%25lo] http://0X7F.1
http://[0:0:0:0:0:ffff:7f00:1] http://8.8.8.8\\@127.0.0.1 http://127.0.0.1#@8.8.8.8
http://127.0.0.1%00.example.com http://127.0.0.1%2eexample.com http://%6cocalhost
""".split()  # noqa: SIM905 - as above
PUBLIC = ["8.8.8.8", "1.1.1.1", "[2606:4700:4700::1111]", "[2a00:1450:4009::200e]"]


@asynccontextmanager
async def a_listener():
    """Listen on loopback, and note whoever connects."""
    callers = []

    async def called(_, writer):
        callers.append(writer.get_extra_info("peername"))

    async with listening(called) as port:
        yield port, callers


def names(*answers):
    """Return a resolver that gives one answer after the other, the last one for ever."""
    left = list(answers)

    async def resolve(_host, _port):
        return [left.pop(0) if len(left) > 1 else left[0]]

    return resolve


def test_there_are_enough_of_them():
    assert len(HOSTILE) >= 60


@pytest.mark.parametrize("host", HOSTILE)
async def test_an_address_inside_is_refused(host):
    async with a_listener() as (port, callers):
        guard = NetworkGuard()
        with pytest.raises(Invalid) as refusal:
            await guard.check(f"http://{host}:{port}/hook")
        assert refusal.value.problems[0].field == "url"
        client = GuardedClient(guard)
        with pytest.raises((Forbidden, Unavailable)):
            await client.post(f"http://{host}:{port}/hook", b"{}", {})
        await client.close()
        assert callers == []


@pytest.mark.parametrize("url", ODD)
async def test_an_odd_spelling_reaches_nobody(url):
    async with a_listener() as (port, callers):
        guard = NetworkGuard()
        client = GuardedClient(guard)
        for odd in (url, f"{url}:{port}", f"{url}:{port}/hook"):
            with pytest.raises((Forbidden, Unavailable)):
                await client.post(odd, b"{}", {})
        await client.close()
        assert callers == []


@pytest.mark.parametrize("port", [1, 22, 25, 110, 445, 1_023])
async def test_ports_of_other_services_are_refused(port):
    guard = NetworkGuard()
    with pytest.raises(Invalid, match="Port"):
        await guard.check(f"http://8.8.8.8:{port}/hook")


@pytest.mark.parametrize("host", PUBLIC)
async def test_a_public_address_is_fine(host):
    await NetworkGuard().check(f"https://{host}/hook")


@pytest.mark.parametrize("url", ["http://[::1", "http:///hook", "http://a:99999/"])
async def test_what_is_no_address_is_refused(url):
    with pytest.raises(Invalid):
        await NetworkGuard().check(url)


async def test_a_name_that_leads_inside_is_refused():
    guard = NetworkGuard(resolve=names("10.0.0.1"))
    with pytest.raises(Invalid, match=r"10\.0\.0\.1"):
        await guard.check("https://innocent.example/hook")


async def test_every_address_behind_a_name_counts():
    async def resolve(_host, _port):
        return ["8.8.8.8", "127.0.0.1"]

    with pytest.raises(Invalid):
        await NetworkGuard(resolve=resolve).check("https://innocent.example/hook")


async def test_a_name_that_turns_inwards_after_the_check_reaches_nobody():
    async with a_listener() as (port, callers):
        guard = NetworkGuard(resolve=names("8.8.8.8", "127.0.0.1"))
        await guard.check(f"http://innocent.example:{port}/hook")
        client = GuardedClient(guard)
        with pytest.raises(Forbidden):
            await client.post(f"http://innocent.example:{port}/hook", b"{}", {})
        await client.close()
        assert callers == []


async def test_what_was_checked_is_what_is_called():
    """Were the name asked again between check and use, the second answer would fail."""
    async with a_listener() as (port, callers):
        guard = NetworkGuard(
            allowed=["127.0.0.0/8"], resolve=names("127.0.0.1", "10.0.0.1")
        )
        client = GuardedClient(guard)
        with pytest.raises(Unavailable):  # our listener hangs up
            await client.post(f"http://innocent.example:{port}/hook", b"{}", {})
        await client.close()
        assert len(callers) == 1


async def test_a_name_that_leads_nowhere_is_told():
    async def resolve(_host, _port):
        raise OSError("no such name")

    with pytest.raises(Invalid, match="no address"):
        await NetworkGuard(resolve=resolve).check("https://nowhere.example/")


async def test_an_operator_can_allow_a_network():
    guard = NetworkGuard(allowed=["10.1.0.0/16"])
    await guard.check("http://10.1.2.3/hook")
    await guard.check("http://[::ffff:10.1.2.3]/hook")
    with pytest.raises(Invalid):
        await guard.check("http://10.2.0.1/hook")
