"""What settings say of visitors without an account."""

import pytest

from hanze.errors import ConfigurationError
from hanze.identity.allowance import TooOften
from hanze.node.visitors import visitors_of
from hanze.settings import Collective, load_settings

NOW = "2026-11-22T10:00:00Z"


def test_visitors_should_have_what_settings_give_them() -> None:
    visitors = visitors_of(
        Collective(
            contributions_per_hour=1, contributions_closed_in="- duiven", contributions=False
        )
    )
    assert visitors.closed_in == {"", "duiven"}
    assert visitors.closed
    assert visitors.closed_for("elsewhere") == ("elsewhere",)
    visitors.contributions.take("192.0.2.1", now=NOW)
    with pytest.raises(TooOften, match="60 minutes"):
        visitors.contributions.take("192.0.2.1", now=NOW)


def test_portal_should_be_open_unless_it_is_said() -> None:
    visitors = visitors_of(load_settings(None, flags={}, environ={}).collective)
    assert (visitors.closed, visitors.closed_in) == (False, frozenset())
    assert visitors.closed_for("") == ()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CONTRIBUTIONS_PER_HOUR", "-1"),
        ("RESIDENT_KEY_DAYS", "0"),
        ("ADDRESS_HEADER", "X-Forwarded-For:"),
        ("CONTRIBUTIONS", "perhaps"),
    ],
)
def test_settings_should_be_refused_when_they_cannot_be(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError):
        load_settings(None, flags={}, environ={f"HANZE_COLLECTIVE__{name}": value})
