"""What is wrong with a parameter or a body is told in words for who sent it."""

from datetime import date
from typing import Annotated, Any, Literal

import msgspec
import pytest
from msgspec import Meta

from hanze.errors import InvalidInput
from hanze.web.api.frame import Taken
from hanze.web.api.wording import wrong_input


class Inner(Taken, frozen=True):
    number: int


class Asked(Taken, frozen=True):
    kind: Literal["optimal", "stable"] = "optimal"
    method: Annotated[str, Meta(pattern="^(first|best-fit)$")] = "first"
    limit: Annotated[int, Meta(ge=1, le=5)] = 1
    weights: dict[str, Annotated[float, Meta(ge=0)]] = msgspec.field(default_factory=dict)
    first_year: int | None = None
    since: date | None = None
    text: Annotated[str, Meta(min_length=2)] = "ab"
    name: Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9-]{0,62}$")] = "a"
    ids: tuple[str, ...] = ()
    inner: Inner | None = None
    simple: bool = False


def told(value: Any) -> InvalidInput:
    with pytest.raises(msgspec.ValidationError) as raised:
        msgspec.convert(value, Asked)
    return wrong_input(raised.value, value, Asked)


@pytest.mark.parametrize(
    ("value", "field", "detail"),
    [
        ({"kind": "zzz"}, "kind", "kind must be one of optimal, stable, not zzz"),
        ({"method": "zzz"}, "method", "method must be one of first, best-fit, not zzz"),
        ({"limit": "x"}, "limit", "limit must be a whole number, not x"),
        ({"limit": 9}, "limit", "limit must be at most 5, not 9"),
        ({"weights": {"text": -3}}, "weights.*", "weights.* must be at least 0"),
        ({"firstYear": "x"}, "firstYear", "firstYear must be a whole number, not x"),
        ({"since": "x"}, "since", "since must be a day, as in 2026-05-31, not x"),
        ({"text": ""}, "text", "text must have at least 2 characters"),
        (
            {"name": "A b"},
            "name",
            "name must have small letters, digits and dashes only, at most 63, and begin with no "
            "dash, not A b",
        ),
        ({"ids": "x"}, "ids", "ids must be a list, not x"),
        ({"ids": [1]}, "ids.0", "ids.0 must be a text, not 1"),
        ({"inner": {}}, "inner.number", "inner.number is missing"),
        ({"inner": {"nr": 1}}, "inner.nr", "inner.nr does not exist; there are: number"),
        ({"simple": "x"}, "simple", "simple must be true or false, not x"),
        ([], None, "The body must be an object"),
    ],
)
def test_wrong_input_should_be_told_with_member_and_what_may_stand_there(
    value: Any, field: str | None, detail: str
) -> None:
    error = told(value)
    assert (str(error), error.field) == (detail, field)
