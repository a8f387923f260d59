"""What of all that there is somebody may read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanze.ngsild.query.shares import NOWHERE, is_shared, scopes_shared
from hanze.ngsild.query.tree import Share

BIN, ROAD = "https://x.example/Bin", "https://x.example/Road"


@pytest.mark.parametrize(
    ("shares", "types", "scopes", "expected"),
    [
        (None, {BIN}, (), True),
        ((), {BIN}, (), False),
        ((Share(),), {BIN}, (), True),
        ((Share((BIN,)),), {BIN, ROAD}, (), True),
        ((Share((BIN,)),), {ROAD}, ("/Breda",), False),
        ((Share((BIN,), ("/Breda",)),), {BIN}, (), False),
        ((Share((BIN,), ("/Breda",)),), {BIN}, ("/Breda",), True),
        ((Share((BIN,), ("/Breda",)),), {BIN}, ("Breda/Centre",), True),
        ((Share((BIN,), ("Breda/",)),), {BIN}, ("/Breda",), True),
        ((Share((BIN,), ("/Breda",)),), {BIN}, ("/BredaNoord",), False),
        ((Share((BIN,), ("/Breda",)), Share((ROAD,))), {BIN}, ("/Tilburg",), False),
        ((Share((), ("/Breda",)),), {ROAD}, ("/Tilburg", "/Breda/x"), True),
    ],
)
def test_is_shared_should_look_at_types_and_scopes_together(
    shares: tuple[Share, ...] | None, types: set[str], scopes: tuple[str, ...], expected: bool
) -> None:
    assert is_shared(shares, types, scopes) is expected


SHARES = st.lists(
    st.builds(
        Share,
        st.lists(st.sampled_from([BIN, ROAD]), max_size=2).map(tuple),
        st.lists(st.sampled_from(["/a", "/a/b", "/c"]), max_size=2).map(tuple),
    ),
    max_size=3,
).map(tuple)
TYPES = st.sets(st.sampled_from([BIN, ROAD, "https://x.example/Tree"]), min_size=1)
SCOPES = st.lists(st.sampled_from(["/a", "/a/b", "/a/b/d", "/c", "/cc"]), max_size=2).map(tuple)


@given(SHARES, SHARES, TYPES, SCOPES)
def test_is_shared_should_be_what_one_of_the_shares_says(
    first: tuple[Share, ...], second: tuple[Share, ...], types: set[str], scopes: tuple[str, ...]
) -> None:
    whole = is_shared((*first, *second), types, scopes)
    assert whole == (is_shared(first, types, scopes) or is_shared(second, types, scopes))
    assert whole == any(is_shared((one,), types, scopes) for one in (*first, *second))


@given(SHARES, TYPES, SCOPES)
def test_scopes_shared_should_say_nowhere_when_no_scope_will_do(
    shares: tuple[Share, ...], types: set[str], scopes: tuple[str, ...]
) -> None:
    wanted = scopes_shared(shares, types)
    if wanted == NOWHERE:
        assert not is_shared(shares, types, scopes)
    if wanted is None:
        assert is_shared(shares, types, scopes)
