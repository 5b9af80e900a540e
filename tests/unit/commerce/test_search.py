import pytest

from portal_core.commerce.search import Wanted, sku_key, terms_of, wanted


def found(text, sku, *texts):
    """Return whether a product is found by the typed text."""
    terms = terms_of(sku, *texts)
    return all(word.fits(terms) for word in wanted(text))


@pytest.mark.parametrize("sku", ["0012-AB.3", "1e5", "00123", "AB", "A B/C", "kaß-é"])
@pytest.mark.parametrize(
    "spelling",
    [str, str.lower, str.upper, lambda sku: sku.replace("-", ""), lambda sku: f" {sku} "],
)
def test_a_product_is_found_by_its_own_sku(sku, spelling):
    assert found(spelling(sku), sku)


@pytest.mark.parametrize("text", ["0012-AB", "0012AB", "12-AB", "12ab", "0012 ab", "12"])
def test_hyphens_and_leading_zeros_do_not_matter(text):
    assert found(text, "0012-AB")


@pytest.mark.parametrize("text", ["0012-0034", "00120034", "120034", "12-34", "1234"])
def test_leading_zeros_may_be_dropped_at_each_part(text):
    assert found(text, "0012-0034")


@pytest.mark.parametrize("text", ["0012-AB", "012AB", "00012ab"])
def test_zeros_that_are_typed_need_not_be_there(text):
    assert found(text, "12-AB")


@pytest.mark.parametrize("text", ["100000", "1 e 6", "15"])
def test_a_code_is_no_number(text):
    assert not found(text, "1e5")


@pytest.mark.parametrize("text", ["mouse", "Mou", "mouse wire", "wireless  MOUSE", "acme"])
def test_words_are_found_by_their_beginnings(text):
    assert found(text, "X-1", "Wireless mouse", "Acme")


@pytest.mark.parametrize("text", ["ouse", "mouse keyboard", "xx"])
def test_every_word_has_to_fit(text):
    assert not found(text, "X-1", "Wireless mouse", "Acme")


@pytest.mark.parametrize("text", ["grün", "GRUN", "grun"])
def test_accents_do_not_matter(text):
    assert found(text, "X-1", "Kabel, grün")
    assert found(text, "X-1", "Kabel, grun")


@pytest.mark.parametrize("text", ["Мышь", "МЫШЬ", "мы", "0012-й"])
def test_every_script_is_searched(text):
    assert found(text, "0012-й", "Мышь")
    assert not found(text, "0012-x", "Mouse")


@pytest.mark.parametrize("text", ["", "  ", "-", "%", "“”", "_"])
def test_who_asks_for_nothing_gets_everything(text):
    assert wanted(text) == ()


def test_a_word_is_asked_for_once():
    assert wanted("mouse Mouse MOUSE") == (Wanted("mouse"),)


def test_nobody_asks_for_more_than_eight_words():
    assert len(wanted(" ".join("abcdefghijkl"))) == 8


def test_terms_have_a_length():
    assert max(map(len, terms_of("x" * 64, "y" * 300))) == 64
    assert found("y" * 300, "X-1", "y" * 300)


@pytest.mark.parametrize("sku", ["CAB-1", "cab1", "Cab 1", "CAB.1"])
def test_a_sku_is_compared_without_hyphens(sku):
    assert sku_key(sku) == "cab1"
