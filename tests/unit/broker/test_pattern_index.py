"""Expressions are found by the plain signs that they begin with."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.broker.pattern_index import PatternIndex, plain_start
from hanze.ngsild.query.patterns import found_in

_pieces = st.lists(
    st.sampled_from(
        ["a", "b", "1", ":", ".", ".*", "b*", "a?", "b{0,2}", "[ab]", "(a)", "|", "a+"]
    ),
    max_size=4,
).map("".join)
_patterns = st.builds(lambda start, rest: start + rest, st.sampled_from(["", "^"]), _pieces)


@pytest.mark.parametrize(
    ("pattern", "plain", "anchored"),
    [
        ("^urn:ngsi-ld:Bin:.*", "urn:ngsi-ld:Bin:", True),
        ("urn:ngsi-ld:Bin:[0-9]+$", "urn:ngsi-ld:Bin:", False),
        (".*downtown$", "", False),
        ("abc*", "ab", False),
        ("^a|b", "", False),
        (r"urn:x\.y", "urn:x", False),
        ("", "", False),
    ],
)
def test_the_plain_start_should_be_what_must_occur(
    pattern: str, plain: str, anchored: bool
) -> None:
    assert plain_start(pattern) == (plain, anchored)


@settings(max_examples=100, deadline=None)
@given(patterns=st.lists(_patterns, max_size=6, unique=True), text=st.text("ab1:", max_size=6))
def test_every_expression_that_matches_should_be_among_the_hits(
    patterns: list[str], text: str
) -> None:
    index = PatternIndex()
    for pattern in patterns:
        index.add(pattern)
    hits = index.hits(text)
    assert len(hits) == len(set(hits))
    assert {one for one in patterns if found_in(one, text)} <= set(hits)
    for pattern in patterns:
        index.remove(pattern)
    assert index.hits(text) == []
