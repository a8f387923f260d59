"""Amounts as people write them."""

from decimal import Decimal

import pytest

from hanze.collaboration.records.record import Money
from hanze.errors import InvalidInput
from hanze.web.portal.collective.refusals import amount_of


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1250", "1250"),
        ("1.250", "1250"),
        ("1,250", "1250"),
        ("1.250,50", "1250.50"),
        ("1,250.50", "1250.50"),
        ("12 500", "12500"),
        ("0,5", "0.5"),
        ("1.250.000", "1250000"),
    ],
)
def test_amount_should_be_read_as_people_write_it(text: str, amount: str) -> None:
    assert amount_of(text, "EUR") == Money(Decimal(amount), "EUR")


@pytest.mark.parametrize("text", ["lots", "-5", "nan", "1e999999999999", "Infinity"])
def test_amount_should_be_refused_when_it_is_none(text: str) -> None:
    with pytest.raises(InvalidInput):
        amount_of(text, "EUR")


def test_amount_should_be_none_when_nothing_was_written() -> None:
    assert amount_of("  ", "EUR") is None
