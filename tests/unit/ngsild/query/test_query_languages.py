"""Expressions on texts in several languages: any of them may match, each for itself."""

import pytest

from hanze.ngsild.query.compare import Texts, match_pattern

_NAMES = Texts(("Markt", "Market", "시장"))


@pytest.mark.clause("4.9")
@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("[mM]arkt", True),
        ("시장", True),
        ("tM", False),
        ("t.M", False),
        ("t[^x]M", False),
        ("t[[:space:]]M", False),
        ("(?s)t.M", False),
        ("t\\sM", False),
        ("^Market$", True),
        ("^시", True),
        ("Markt|Plein", True),
        ("Plein", False),
    ],
)
def test_match_should_look_at_each_text_for_itself(pattern: str, expected: bool) -> None:
    assert match_pattern(_NAMES, pattern, negated=False) is expected
    assert match_pattern(_NAMES, pattern, negated=True) is not expected
