from urllib.parse import parse_qsl, quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanze.web.api.parameters import InvalidRequest, url_parameters

KNOWN = frozenset({"coordinates", "q"})

pieces = st.lists(
    st.sampled_from(["%", "%5B", "%5b", "%25", "5", "B", "5D", "%2C", "[", "]", ",", "+", "%C3"])
)


@given(pieces)
def test_url_parameters_should_decode_as_the_library_does(texts: list[str]) -> None:
    query = "coordinates=" + "".join(texts)
    try:
        meant = dict(parse_qsl(query, keep_blank_values=True, errors="strict"))
    except UnicodeDecodeError:
        with pytest.raises(InvalidRequest):
            url_parameters(query.encode(), KNOWN)
    else:
        assert dict(url_parameters(query.encode(), KNOWN)) == meant


@given(st.text(alphabet="[],%5BDbd2C =&"))
def test_url_parameters_should_give_back_what_was_encoded(text: str) -> None:
    assert url_parameters(f"q={quote(text)}".encode(), KNOWN)["q"] == text
