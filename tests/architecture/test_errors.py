"""Every error that the package can raise has an HTTP answer and an exit code."""

import inspect

import pytest

from docs.generate import errors
from hanze.cli.exits import EXITS
from hanze.errors import HanzeError
from hanze.web.problems import PROBLEMS

ERRORS = errors()


def _families(kind: type[HanzeError]) -> list[type]:
    return [parent for parent in kind.__mro__ if parent is not HanzeError]


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
def test_error_should_have_a_row_in_both_tables(kind: type[HanzeError]) -> None:
    assert any(parent in PROBLEMS for parent in _families(kind))
    assert any(parent in EXITS for parent in _families(kind))


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
def test_error_should_say_what_it_means(kind: type[HanzeError]) -> None:
    own = kind.__doc__ or ""
    assert own.strip()
    parents = {inspect.getdoc(parent) for parent in kind.__mro__[1:]}
    assert inspect.getdoc(kind) not in parents


def test_error_names_should_be_unique() -> None:
    names = [kind.__name__ for kind in ERRORS]
    assert len(names) == len(set(names))


def test_tables_should_hold_only_errors_that_exist() -> None:
    assert set(PROBLEMS) <= {*ERRORS, HanzeError}
    assert set(EXITS) <= {*ERRORS, HanzeError}
