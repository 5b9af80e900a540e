import re

from hypothesis import assume, given
from hypothesis import strategies as st

from portal_core.commerce.search import terms_of, wanted

LETTERS = "abXY0019éЖ"
SKUS = st.text(LETTERS + "-._ +", min_size=1, max_size=24).filter(str.strip)
WORDS = st.text("abcdefgé", min_size=1, max_size=10)


def found(text, sku, *texts):
    """Return whether a product is found by the typed text."""
    return all(word.fits(terms_of(sku, *texts)) for word in wanted(text))


@st.composite
def spellings(draw):
    """Return a SKU, and that SKU as somebody might type it."""
    sku = draw(SKUS)
    case = draw(st.sampled_from([str, str.lower, str.upper, str.swapcase]))
    dropped = draw(st.sampled_from(["", "-", "-._+", "-._+ "]))
    typed = "".join(char for char in case(sku) if char not in dropped)
    if draw(st.booleans()):
        typed = re.sub(r"^0+(?=[^\W_])", "", typed)
    return sku, typed


@given(spellings())
def test_every_product_is_found_by_its_own_sku_in_any_spelling(spelling):
    sku, typed = spelling
    assert found(typed, sku)


@given(st.text(min_size=1, max_size=30))
def test_any_text_finds_itself(text):
    assert found(text, text)
    assert found(text, "SKU", text)


@given(SKUS, st.lists(WORDS, min_size=1, max_size=5), st.data())
def test_a_name_is_found_by_the_beginnings_of_its_words(sku, words, data):
    typed = [word[: data.draw(st.integers(1, len(word)))] for word in words]
    assert found(" ".join(data.draw(st.permutations(typed))), sku, " ".join(words))


@given(st.text(), st.text("ghijk", min_size=1))
def test_a_strange_word_is_never_found(text, sku):
    assume("zzz" not in "".join(terms_of(sku, text)))
    assert not found("zzz", sku, text)


@given(st.text())
def test_whatever_is_typed_asks_for_few_and_short_words(text):
    asked = wanted(text)
    assert len(asked) <= 8
    assert all(0 < len(word.prefix) <= 64 for word in asked)
