"""The field Via."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.broker.distribution.via import alias_in, passed_by, via_of

pytestmark = pytest.mark.clause("6.3.18")

_ALIASES = st.from_regex(r"[A-Za-z0-9._~-]{1,30}(:[0-9]{1,5})?", fullmatch=True)


@settings(max_examples=50)
@given(st.lists(_ALIASES, max_size=5), _ALIASES)
def test_passed_by_should_read_what_via_of_wrote(passed: list[str], own: str) -> None:
    assert passed_by(via_of(tuple(passed), own)) == (*passed, own)


@pytest.mark.parametrize(
    ("field", "passed"),
    [
        ("", ()),
        ("1.1 groningen", ("groningen",)),
        ("HTTP/1.1 groningen, 2 drenthe (nginx, fast)", ("groningen", "drenthe")),
        ("1.0 fred, 1.1 p.example.net:8080", ("fred", "p.example.net:8080")),
        (" ,, 1.1   spaced ,", ("spaced",)),
        ("garbage", ()),
        ("1.1 caf\xe9\x00x, 1.1 emmen", ("emmen",)),
    ],
)
def test_passed_by_should_read_entries_with_protocols_and_comments(
    field: str, passed: tuple[str, ...]
) -> None:
    assert passed_by(field) == passed


@settings(max_examples=100)
@given(st.text(max_size=300))
def test_passed_by_should_never_fail(field: str) -> None:
    assert all(alias.isascii() and alias.isprintable() for alias in passed_by(field))


@pytest.mark.parametrize("piece", ["a", "(", "(a", "1.1 ", "a/", ","])
def test_passed_by_should_be_quick_when_the_field_is_long(piece: str) -> None:
    started = time.process_time()
    passed_by(piece * 100_000)
    assert time.process_time() - started < 1


@pytest.mark.clause("4.3.6.4")
def test_alias_in_should_tell_tenants_apart() -> None:
    assert alias_in("hanze-1", "") == "hanze-1"
    assert alias_in("hanze-1", "assen") == "hanze-1.assen"
