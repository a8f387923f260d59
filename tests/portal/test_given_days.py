"""Days that people fill in: read, left out, or told to be none."""

from datetime import date

import pytest

from hanze.web.portal.forms import Given, NoDay


def test_day_should_be_read_when_it_is_one() -> None:
    given = Given({"since": ["2027-05-31"], "until": [" "]})
    assert given.day("since") == date(2027, 5, 31)
    assert given.day("until") is None
    assert given.day("never") is None


@pytest.mark.parametrize("text", ["31-05-2027", "2027-02-30", "tomorrow", "0000-01-01"])
def test_day_should_be_refused_when_it_is_none(text: str) -> None:
    with pytest.raises(NoDay) as caught:
        Given({"since": [text]}).day("since")
    assert (caught.value.field, caught.value.value) == ("since", text)
