"""Whose word counts, where several nodes have a record of one id."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.collaboration.replicas.homes import SELF, Claim, homes_of

A, B, C = "urn:city:a", "urn:city:b", "urn:city:c"


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({}, None),
        ({"p": Claim(A, is_place=False)}, "p"),
        # Another's city: nobody but its home speaks for it.
        ({"q": Claim(A, is_place=False)}, None),
        ({"q": Claim(A, is_place=False), "p": Claim(A, is_place=False)}, "p"),
        # A register may name it, until its home does.
        ({"q": Claim(A, is_place=True)}, "q"),
        ({"q": Claim(A, is_place=True), "p": Claim(A, is_place=True)}, "p"),
        # Who is the home of what it tells goes before who carries; then the lower id.
        ({"a": Claim(C, is_place=False), "p": Claim(A, is_place=False)}, "p"),
        ({"x": Claim(C, is_place=False), "q": Claim(None, is_place=False)}, "q"),
        # This node's own gives way only to the home of the city that it names itself.
        ({SELF: Claim(C, is_place=False), "p": Claim(A, is_place=False)}, SELF),
        ({SELF: Claim(A, is_place=False), "p": Claim(A, is_place=False)}, "p"),
        ({SELF: Claim(A, is_place=False), "q": Claim(A, is_place=False)}, SELF),
        ({SELF: Claim(B, is_place=False), "p": Claim(B, is_place=False)}, SELF),
    ],
)
def test_choose_should_follow_the_homes_of_cities(
    claims: dict[str, Claim], expected: str | None
) -> None:
    homes = homes_of(B, (), {"p": A, "q": None}, {})
    assert homes.choose(claims) == expected


def test_homes_should_be_the_nodes_of_cities_before_those_of_tenants() -> None:
    homes = homes_of("urn:city:own", ("urn:city:tenant",), {"p": A, "q": None}, {})
    assert (homes.of("urn:city:own"), homes.of("urn:city:tenant")) == (SELF, SELF)
    told = {"q": (A, "urn:city:own", "urn:city:tenant", C), "r": (C,)}
    homes = homes_of("urn:city:own", ("urn:city:tenant",), {"p": A, "q": None, "r": None}, told)
    assert [homes.of(one) for one in (A, "urn:city:own", "urn:city:tenant", C, B, None)] == [
        "p",
        SELF,
        SELF,
        "q",
        None,
        None,
    ]


_CLAIMS = st.dictionaries(
    st.sampled_from(["p", "q", "r", "s"]),
    st.builds(Claim, st.sampled_from([A, B, C, None]), st.booleans()),
)


@settings(max_examples=100)
@given(claims=_CLAIMS, cities=st.permutations(["p", "q", "r", "s"]))
def test_choose_should_be_the_same_whatever_the_order(
    claims: dict[str, Claim], cities: list[str]
) -> None:
    of = dict(zip(["p", "q", "r", "s"], [A, B, None, None], strict=True))
    turned = {name: of[name] for name in cities}
    told = {name: claims[name] for name in reversed(list(claims))}
    first = homes_of(None, (), of, {}).choose(claims)
    assert homes_of(None, (), turned, {}).choose(told) == first
    if first is not None:
        assert claims[first].is_place or homes_of(None, (), of, {}).of(claims[first].city) in (
            None,
            first,
        )
