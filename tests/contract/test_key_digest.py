"""The contract of KeyDigest."""

import pytest

from adapters.crypto.digest import HmacKeyDigest
from adapters.memory.passwords import MemoryKeyDigest

OLD, NEW = "an old secret of the portal", "a new secret of the portal"


def in_memory(secrets):
    return MemoryKeyDigest([secret.encode() for secret in secrets])


@pytest.fixture(params=[in_memory, HmacKeyDigest], ids=["memory", "hmac"])
def digest_under(request):
    """Makes digests under secrets, the newest first."""
    return request.param


def test_a_text_matches_its_own_digest_only(digest_under):
    digest = digest_under([NEW])
    assert digest.matches("pts_text", digest.digest("pts_text"))
    assert not digest.matches("pts_texT", digest.digest("pts_text"))
    assert not digest.matches("pts_text", b"")


def test_a_digest_does_not_show_the_text(digest_under):
    assert b"pts_text" not in digest_under([NEW]).digest("pts_text")


def test_without_the_secret_nobody_can_make_it(digest_under):
    assert digest_under([NEW]).digest("text") != digest_under([OLD]).digest("text")
    assert not digest_under([NEW]).matches("text", digest_under([OLD]).digest("text"))


def test_a_replaced_secret_still_opens(digest_under):
    rotated = digest_under([NEW, OLD])
    assert rotated.matches("text", digest_under([OLD]).digest("text"))
    assert rotated.digest("text") == digest_under([NEW]).digest("text")
