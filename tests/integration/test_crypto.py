import pytest

from adapters.crypto.digest import HmacKeyDigest
from adapters.crypto.keys import keys_for
from adapters.crypto.sealer import Sealer
from adapters.crypto.signer import Signer
from portal_core.errors import Unavailable

OLD = "the secret of last year, 32 bytes"
NEW = "the secret of this year, 32 bytes"
STRANGER = "the secret of somebody else, 32 b"


@pytest.mark.parametrize("text", ["", "whsec_abc", "Ünï\n\x00code", "x" * 10_000])
def test_what_was_sealed_opens(text):
    sealer = Sealer([NEW])
    assert sealer.open(sealer.seal(text)) == text


def test_a_seal_hides_the_text_and_is_never_the_same_twice():
    sealer = Sealer([NEW])
    one, two = sealer.seal("secret"), sealer.seal("secret")
    assert one != two
    assert "secret" not in one


def test_an_old_secret_still_opens_and_the_new_one_seals():
    old, rotated, new = Sealer([OLD]), Sealer([NEW, OLD]), Sealer([NEW])
    assert rotated.open(old.seal("kept")) == "kept"
    assert new.open(rotated.seal("fresh")) == "fresh"


def test_without_its_secret_nothing_opens():
    with pytest.raises(Unavailable, match="PORTAL_SECRET_KEYS"):
        Sealer([NEW, STRANGER]).open(Sealer([OLD]).seal("secret"))


def test_what_was_tampered_with_does_not_open():
    sealer = Sealer([NEW])
    sealed = sealer.seal("secret")
    other = "A" if sealed[40] != "A" else "B"
    with pytest.raises(Unavailable):
        sealer.open(sealed[:40] + other + sealed[41:])


def test_a_key_matches_its_digest_under_any_live_secret():
    old, rotated = HmacKeyDigest([OLD]), HmacKeyDigest([NEW, OLD])
    digest = old.digest("pts_key")
    assert len(digest) == 32
    assert rotated.matches("pts_key", digest)
    assert rotated.matches("pts_key", rotated.digest("pts_key"))
    assert not rotated.matches("pts_other", digest)
    assert not HmacKeyDigest([NEW]).matches("pts_key", digest)
    assert not rotated.matches("pts_key", b"")


def test_a_signature_holds_for_its_text_and_purpose_only():
    forms, cursors = Signer([NEW], purpose="form"), Signer([NEW], purpose="cursor")
    signature = forms.sign("session:1")
    assert forms.verify("session:1", signature)
    assert not forms.verify("session:2", signature)
    assert not cursors.verify("session:1", signature)
    assert signature.replace("-", "").replace("_", "").isalnum()


@pytest.mark.parametrize("wrong", ["", "x", "é", "\ud800", "A" * 43])
def test_nonsense_is_no_signature(wrong):
    assert not Signer([NEW], purpose="form").verify("session:1", wrong)


def test_a_signature_survives_a_new_secret_and_not_the_loss_of_the_old():
    signature = Signer([OLD], purpose="form").sign("text")
    assert Signer([NEW, OLD], purpose="form").verify("text", signature)
    assert not Signer([NEW], purpose="form").verify("text", signature)


def test_every_purpose_has_keys_of_its_own():
    seal, sign = keys_for("seal", [NEW, OLD]), keys_for("sign", [NEW, OLD])
    assert len({*seal, *sign}) == 4
    assert {len(key) for key in seal} == {32}
    assert seal == keys_for("seal", [NEW, OLD])


@pytest.mark.parametrize("secrets", [[], [""], [NEW, ""]])
def test_there_is_no_working_without_a_secret(secrets):
    with pytest.raises(ValueError, match="secret"):
        keys_for("seal", secrets)
