"""How the collective's pages write amounts, days and texts, and where their page links lead."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.collaboration.records.record import Money, Quantity
from hanze.web.portal.collective.paging import page_asked, pages_to
from hanze.web.portal.collective.wording import Said, Wording, said_in
from hanze.web.portal.formats import Formats
from hanze.web.portal.forms import is_own_path
from hanze.web.portal.translation import language
from hanze.web.portal.values import Speaker


def words(code: str) -> Wording:
    chosen = language(code)
    return Wording(Speaker(chosen, Formats(chosen.locale, UTC, datetime.now(UTC))))


@pytest.mark.parametrize(
    ("code", "currency", "expected"),
    [
        ("nl", "EUR", "€ 1.250.000"),
        ("en", "EUR", "€1,250,000"),
        ("ko", "KRW", "₩1,250,000"),
    ],
)
def test_money_should_be_written_as_people_do(code: str, currency: str, expected: str) -> None:
    text = words(code).money(Money(Decimal(1_250_000), currency))
    assert text.replace("\xa0", " ") == expected


def test_money_should_keep_cents_when_there_are_any() -> None:
    assert words("en").money(Money(Decimal("12.5"), "EUR")) == "€12.50"


def test_quantity_should_say_its_unit_when_it_is_not_pieces() -> None:
    assert words("en").quantity(Quantity(24, "C62")) == "24"
    assert words("en").quantity(Quantity(2.5, "bus lines")) == "2.5 bus lines"


@pytest.mark.parametrize(
    ("code", "expected"), [("nl", "31 mei 2027"), ("en", "31 May 2027"), ("ko", "2027년 5월 31일")]
)
def test_day_should_be_in_the_order_of_the_language(code: str, expected: str) -> None:
    assert words(code).day(date(2027, 5, 31)) == expected
    assert words(code).day("2027-05-31T10:00:00Z") == expected
    assert words(code).day("soon") == "soon"


def test_text_should_be_marked_when_it_is_in_another_language() -> None:
    assert said_in({"nl": "Brug", "ko": "다리"}, "ko") == Said("다리")
    assert said_in({"nl": "Brug", "en": "Bridge"}, "ko") == Said("Bridge", "en")
    assert said_in({"fr": "Pont"}, "ko") == Said("Pont", "fr")
    assert said_in({"@none": "X"}, "ko") == Said("X")
    assert not said_in({}, "ko")


@given(st.text(max_size=80), st.integers(min_value=1, max_value=60))
def test_cut_should_never_be_longer_than_asked(text: str, length: int) -> None:
    assert len(Said(text).cut(length).text) <= max(
        length + 1, len(text) if len(text) <= length else 0
    )


@settings(max_examples=60)
@given(st.integers(0, 100_000), st.integers(1, 5_000))
def test_pages_should_lead_to_the_first_last_and_neighbours(total: int, here: int) -> None:
    pages = pages_to(total, here, lambda number: f"?page={number}")
    last = max(-(-total // 20), 1)
    linked = [number for number, href in pages if href]
    assert linked[0] == 1
    assert linked[-1] == last
    assert set(range(max(here - 2, 1), min(here + 2, last) + 1)) <= set(linked)
    assert [number for number, _ in pages] == sorted({number for number, _ in pages})


@given(st.text(max_size=12))
def test_page_asked_should_always_be_a_page(text: str) -> None:
    assert page_asked(text) >= 1


@pytest.mark.parametrize(
    "path", ["//evil.example", "/\\evil.example", "https://evil.example", "", "/a\nb"]
)
def test_own_path_should_refuse_what_leads_elsewhere(path: str) -> None:
    assert not is_own_path(path)
    assert is_own_path("/nl/collective?q=a")
