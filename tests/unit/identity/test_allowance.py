"""How often somebody without a name may do something, and that nobody learns who it was."""

import pytest

from hanze.identity.allowance import Allowance, TooOften

NOON = "2026-11-22T12:00:00Z"
LATER = "2026-11-22T12:59:59Z"
NEXT = "2026-11-22T13:00:00Z"


def _allowance(most: int = 2, together: int = 100) -> Allowance:
    return Allowance("ideas", most=most, most_together=together)


def test_allowance_should_refuse_what_is_one_too_many() -> None:
    allowance = _allowance()
    allowance.take("192.0.2.1", now=NOON)
    allowance.take("192.0.2.1", now=NOON)
    with pytest.raises(TooOften, match="At most 2 ideas") as refused:
        allowance.take("192.0.2.1", now=LATER)
    assert refused.value.retry_after_s == 1
    allowance.take("192.0.2.2", now=LATER)


def test_allowance_should_start_anew_with_each_period() -> None:
    allowance = _allowance(most=1)
    allowance.take("192.0.2.1", now=LATER)
    allowance.take("192.0.2.1", now=NEXT)


def test_allowance_should_count_each_subject_by_itself() -> None:
    allowance = _allowance(most=1)
    allowance.take("192.0.2.1", subject="a", now=NOON)
    allowance.take("192.0.2.1", subject="b", now=NOON)
    with pytest.raises(TooOften):
        allowance.take("192.0.2.1", subject="a", now=NOON)


def test_allowance_should_hold_for_all_addresses_together() -> None:
    allowance = _allowance(together=3)
    for number in range(3):
        allowance.take(f"192.0.2.{number}", now=NOON)
    with pytest.raises(TooOften, match="together"):
        allowance.take("192.0.2.9", now=NOON)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", ""),
    ],
)
def test_household_should_share_an_allowance(one: str, other: str) -> None:
    allowance = _allowance(most=1)
    allowance.take(one, now=NOON)
    with pytest.raises(TooOften):
        allowance.take(other, now=NOON)


def test_addresses_should_not_be_kept() -> None:
    allowance = _allowance()
    allowance.take("192.0.2.77", subject="urn:x:1", now=NOON)
    kept = repr({name: getattr(allowance, name) for name in vars(allowance)})
    assert "192.0.2.77" not in kept
    assert "urn:x:1" not in kept


def test_allowance_of_none_should_refuse_everything() -> None:
    with pytest.raises(TooOften):
        _allowance(most=0).take("192.0.2.1", now=NOON)
