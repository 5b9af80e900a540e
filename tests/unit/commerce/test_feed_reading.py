from datetime import date

import pytest

from portal_core.commerce.feed_reading import Fault, FeedRow, Reading
from portal_core.money import Money
from tests.feeds import a_row


def read(code="AB-100", **fields):
    """Return what a row says, and what is wrong with it."""
    reading = Reading(FeedRow(7, a_row(code, **fields)), "AUD")
    return reading.item(), reading.faults


def only_fault(**fields):
    """Return the item and the one thing that is wrong with its row."""
    item, faults = read(**fields)
    assert len(faults) == 1
    return item, faults[0]


def test_a_sound_row_is_read_whole():
    item, faults = read()
    assert faults == []
    assert (item.code, item.sku, item.name) == ("AB-100", "AB-100", "Harbour 14")
    assert item.description == "A notebook.\nWith a bag."
    assert item.category == "Computers/Notebooks"
    assert (item.manufacturer, item.warranty) == ("Harbour", "3 years")
    assert item.price == Money(129_900, "AUD")
    assert item.cost == Money(100_050, "AUD")
    assert item.stock == {"NSW": 3, "QLD": 0, "VIC": 2, "SA": 0}
    assert item.weight_grams == 1_350
    assert (item.length_mm, item.width_mm, item.height_mm) == (321, 220, 18)
    assert item.stock_date == date(2026, 6, 1)
    assert item.image_url == "https://images.example.com/harbour-14.jpg"


@pytest.mark.parametrize("code", ["00012345", "1e5", "0x10", "1_000", "NaN", "1.50", "½"])
def test_codes_are_text_and_never_numbers(code):
    item, faults = read(code)
    assert faults == []
    assert item.code == item.sku == code


def test_codes_lose_what_nobody_sees():
    item, _ = read(" A\x00B\u200a C\x7f ")
    assert item.code == "A B C"


@pytest.mark.parametrize(
    ("code", "sku"), [("A/B", "A-B"), ("6A1#ABG", "6A1-ABG"), ("A?B\\C", "A-B-C")]
)
def test_a_sku_can_stand_in_an_address_and_the_code_stays(code, sku):
    item, _ = read(code)
    assert (item.code, item.sku) == (code, sku)


@pytest.mark.parametrize("code", ["", "  ", "\x00", None])
def test_a_row_without_a_code_is_skipped(code):
    item, faults = read(StockCode=code)
    assert item is None
    assert faults == [Fault(line=7, code="", reason="no stock code", skipped=True)]


def test_a_row_with_an_endless_code_is_skipped():
    item, faults = read("A" * 65)
    assert item is None
    assert faults[0].code == "A" * 64
    assert faults[0].skipped
    assert read("A" * 64)[0].code == "A" * 64


@pytest.mark.parametrize("name", ["", None, " \x07 "])
def test_a_row_without_a_name_says_so(name):
    item, _ = read(ProductName=name)
    assert item.name is None


def test_text_is_text_and_never_markup():
    text = "<script>alert('x')</script> &amp; 5\" {{ 7*7 }}"
    item, faults = read(ProductName=text, ProductName2=text)
    assert faults == []
    assert item.name == item.description == text


def test_the_name_is_one_line_and_the_description_keeps_its_own():
    item, _ = read(ProductName="A\n b\t c", ProductName2="A\r\n b\x0b\x00")
    assert item.name == "A b c"
    assert item.description == "A\n b"


@pytest.mark.parametrize(
    ("field", "name", "longest"),
    [
        ("ProductName", "name", 255),
        ("ProductName2", "description", 20_000),
        ("Manufacturer", "manufacturer", 120),
        ("WarrantyLength", "warranty", 120),
    ],
)
def test_what_is_too_long_is_cut(field, name, longest):
    item, fault = only_fault(**{field: "x" * (longest + 1)})
    assert getattr(item, name) == "x" * longest
    assert fault == Fault(
        line=7, code="AB-100", field=name, reason=f"cut to {longest:,} characters"
    )
    assert read(**{field: "x" * longest})[1] == []


@pytest.mark.parametrize(
    "text", ["N/A", "POA", "12.345", "1e999999", "nan", "9" * 50, "€5"]
)
@pytest.mark.parametrize(("field", "name"), [("DBP", "cost"), ("RRP", "price")])
def test_an_amount_that_is_none_is_left_alone(field, name, text):
    item, fault = only_fault(**{field: text})
    assert getattr(item, name) is None
    assert (fault.field, fault.skipped) == (name, False)
    assert text[:40] in fault.reason


@pytest.mark.parametrize(
    ("field", "name", "text", "reason"),
    [
        ("DBP", "cost", "", "no cost"),
        ("RRP", "price", None, "no price"),
        ("RRP", "price", "0.00", "a price of zero"),
        ("RRP", "price", "-5", "a price below zero"),
        ("DBP", "cost", "-0.01", "a cost below zero"),
    ],
)
def test_an_amount_that_is_missing_or_wrong_is_left_alone(field, name, text, reason):
    item, fault = only_fault(**{field: text})
    assert getattr(item, name) is None
    assert fault.reason == reason


def test_something_may_cost_nothing():
    assert read(DBP="0")[0].cost == Money(0, "AUD")


@pytest.mark.parametrize(
    ("text", "units", "reason"),
    [
        ("-4", 0, "below zero; counted as 0"),
        ("many", 0, "“many” is not a number of units; counted as 0"),
        ("1e3", 0, "“1e3” is not a number of units; counted as 0"),
        ("2.5", 0, "“2.5” is not a number of units; counted as 0"),
        ("2000000", 1_000_000, "counted as 1,000,000"),
    ],
)
def test_stock_that_is_wrong_is_not_sold(text, units, reason):
    item, fault = only_fault(OnHandChanelNsw=text)
    assert item.stock == {"NSW": units, "QLD": 0, "VIC": 2, "SA": 0}
    assert (fault.field, fault.reason) == ("stock.NSW", reason)


@pytest.mark.parametrize(("text", "units"), [("5", 5), ("5.00", 5), ("+5", 5), ("-0", 0)])
def test_stock_may_be_written_in_several_ways(text, units):
    item, faults = read(OnHandChanelSa=text)
    assert faults == []
    assert item.stock["SA"] == units


@pytest.mark.parametrize(
    ("text", "category"),
    [("A", "A"), ("A / B", "A/B"), ("/A//B/", "A/B"), ("A  a/\tB", "A a/B")],
)
def test_categories_nest(text, category):
    item, faults = read(CategoryName=text)
    assert faults == []
    assert item.category == category


def test_no_category_means_none():
    item, fault = only_fault(CategoryName=" / ")
    assert item.category == ""
    assert (fault.field, fault.reason) == ("category", "no category")


@pytest.mark.parametrize("text", ["/".join("ABCDEFGHI"), "A/" + "b" * 121])
def test_a_category_that_is_too_much_is_left_alone(text):
    item, fault = only_fault(CategoryName=text)
    assert item.category is None
    assert fault.field == "category"


@pytest.mark.parametrize(
    "text", ["0000-00-00", "31/02/2026", "2026-06-01", "6/2026", "01/06/26", "soon"]
)
def test_a_date_that_is_none_is_left_alone(text):
    item, fault = only_fault(pubDate=text)
    assert item.stock_date is None
    assert fault.reason == f"“{text}” is not a date (DD/MM/YYYY)"


def test_days_come_before_months():
    assert read(pubDate="3/4/2026")[0].stock_date == date(2026, 4, 3)


@pytest.mark.parametrize("text", ["heavy", "-1", "nan", "1e30", "inf"])
def test_a_measure_that_is_none_is_left_alone(text):
    item, fault = only_fault(Weight=text)
    assert item.weight_grams is None
    assert (fault.field, fault.reason) == ("weight_grams", f"“{text}” is not a measure")


@pytest.mark.parametrize("text", ["", None, "0"])
def test_no_measure_is_nothing_to_report(text):
    item, faults = read(Height=text)
    assert faults == []
    assert item.height_mm is None


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/a.jpg",
        "http://127.1/a.jpg",
        "http://2130706433/a.jpg",
        "http://0x7f.0.0.1/a.jpg",
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.8/a.jpg",
        "http://[::1]/a.jpg",
        "http://[::ffff:10.0.0.1]/a.jpg",
        "http://[fe80::1%25eth0]/a.jpg",
        "http://localhost/a.jpg",
        "http://LOCALHOST./a.jpg",
        "http://intranet/a.jpg",
        "http://nas.local/a.jpg",
        "ftp://example.com/a.jpg",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "//example.com/a.jpg",
        "a.jpg",
        "http://",
        "http://[",
        "http://example.com:99999/",
        "http://user@example.com/a.jpg",
        "http://example.com/a b.jpg",
        "https://example.com/" + "a" * 2_000,
    ],
)
def test_a_picture_that_is_not_in_public_is_left_alone(url):
    item, fault = only_fault(ImageUrl=url)
    assert item.image_url is None
    assert fault.field == "image_url"


@pytest.mark.parametrize("url", ["http://1.1.1.1/a.jpg", "https://a.example.com:8443/a"])
def test_a_public_picture_is_kept(url):
    assert read(ImageUrl=url)[0].image_url == url


def test_no_picture_means_none():
    item, faults = read(ImageUrl="")
    assert faults == []
    assert item.image_url == ""


def test_names_of_fields_are_read_in_any_case():
    row = {
        "STOCKCODE": "A",
        "productname": "B",
        "Stock_Code": "second",
        "OnHandChanelNSW": "4",
    }
    item = Reading(FeedRow(1, row), "AUD").item()
    assert (item.code, item.name, item.stock["NSW"]) == ("A", "B", 4)


def test_a_row_may_have_several_faults():
    _, faults = read(DBP="N/A", pubDate="x", OnHandChanelQld="-1")
    assert {fault.field for fault in faults} == {"cost", "stock_date", "stock.QLD"}
