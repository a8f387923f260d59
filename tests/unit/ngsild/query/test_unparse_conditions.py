"""Types, scopes and places written as text are the same query when they are read again."""

from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.ngsild.context import CORE
from hanze.ngsild.query.parse_geo import parse_geo
from hanze.ngsild.query.parse_scopes import parse_scopes
from hanze.ngsild.query.parse_types import parse_types
from hanze.ngsild.query.tree import ScopePattern
from hanze.ngsild.query.unparse_conditions import unparse_geo, unparse_scopes, unparse_types

_names = st.sampled_from(("Lamp", "Bench", "https://example.org/Tree"))
_types = st.lists(st.frozensets(_names.map(CORE.expand_name), min_size=1), min_size=1).map(tuple)
_levels = st.lists(st.sampled_from(("+", "City", "North")), min_size=1, max_size=3).map(tuple)
_patterns = st.builds(ScopePattern, _levels, st.booleans()) | st.just(ScopePattern((), below=True))
_scopes = st.lists(st.lists(_patterns, min_size=1, max_size=2).map(tuple), min_size=1).map(tuple)
_point = st.tuples(st.floats(-180, 180), st.floats(-90, 90)).map(list)


@given(_types)
@settings(max_examples=50)
def test_types_should_be_the_same_when_they_are_read_again(
    types: tuple[frozenset[str], ...],
) -> None:
    assert parse_types(unparse_types(types, CORE), CORE) == types


@given(_scopes)
@settings(max_examples=50)
def test_scopes_should_be_the_same_when_they_are_read_again(
    scopes: tuple[tuple[ScopePattern, ...], ...],
) -> None:
    assert parse_scopes(unparse_scopes(scopes)) == scopes


@given(
    _point,
    st.sampled_from(("near;maxDistance==2000", "near;minDistance==0.125", "within", "disjoint")),
    st.sampled_from((None, "observationSpace", "https://example.org/place")),
)
@settings(max_examples=50)
def test_a_geoquery_should_be_the_same_when_it_is_read_again(
    point: list[float], georel: str, geoproperty: str | None
) -> None:
    asked = parse_geo(
        georel=georel,
        geometry="Point",
        coordinates=str(point),
        geoproperty=geoproperty,
        context=CORE,
    )
    assert asked is not None
    written = unparse_geo(asked, CORE)
    assert (
        parse_geo(
            georel=written["georel"],
            geometry=written["geometry"],
            coordinates=written["coordinates"],
            geoproperty=written["geoproperty"],
            context=CORE,
        )
        == asked
    )
