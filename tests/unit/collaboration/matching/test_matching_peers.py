"""Cities beside each other: only what is known of both counts, and every part is shown."""

import itertools
import random
import statistics

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.collaboration.matching.peer_groups import Ungrouped, peer_groups
from hanze.collaboration.matching.peers import (
    THEMES_PART,
    CityProfile,
    Scales,
    WrongPeerOption,
    compare,
    complement,
    fit_scales,
    measures,
    rank_peers,
)

SCALES = Scales({"density": 0.5, "old": 5.0, "population": 0.5})
UTRECHT = CityProfile(
    "utrecht",
    "NL",
    population=360_000,
    area_km2=94.0,
    features={"old": 11.0},
    themes=frozenset({"mobility", "energy"}),
)
SEJONG = CityProfile("sejong", "KR", population=360_000, features={"old": 16.0})


@st.composite
def corpora(draw: st.DrawFn) -> list[CityProfile]:
    number = draw(st.integers(0, 30))
    maybe_people = st.none() | st.integers(0, 10_000_000)
    maybe_area = st.none() | st.floats(0.1, 2000)
    features = st.dictionaries(st.sampled_from(["old", "income"]), st.floats(-100, 100))
    themes = st.frozensets(st.sampled_from(["mobility", "energy", "water"]))
    return [
        CityProfile(
            f"city{at:02}",
            draw(st.sampled_from(["NL", "KR"])),
            population=draw(maybe_people),
            area_km2=draw(maybe_area),
            features=draw(features),
            themes=draw(themes),
        )
        for at in range(number)
    ]


def test_measures_should_leave_out_what_is_not_known() -> None:
    assert measures(UTRECHT) == {
        "area": 94.0,
        "density": pytest.approx(360_000 / 94),
        "old": 11.0,
        "population": 360_000,
    }
    assert measures(SEJONG) == {"old": 16.0, "population": 360_000}
    nothing = CityProfile("x", "KR", population=0, area_km2=0, features={"old": float("nan")})
    assert measures(nothing) == {}


def test_measured_density_should_come_before_a_computed_one() -> None:
    city = CityProfile("x", "NL", population=100, area_km2=1.0, density_per_km2=150.0)
    assert measures(city)["density"] == 150


def test_comparison_should_show_each_part_with_both_values() -> None:
    peer = compare(UTRECHT, SEJONG, SCALES)
    population, old = peer.parts
    assert (population.code, population.one, population.other) == ("population", 360_000, 360_000)
    assert population.likeness == 1
    assert (old.code, old.one, old.other) == ("old", 11.0, 16.0)
    assert old.likeness == 0.5  # one spread apart
    assert peer.score == 0.75
    assert peer.coverage == 0.5  # density and themes are not known of both
    assert (peer.id, peer.country) == ("sejong", "KR")


def test_population_should_be_compared_by_ratio() -> None:
    small, middle, large = (
        CityProfile(name, "NL", population=people)
        for name, people in (("a", 20_000), ("b", 40_000), ("c", 80_000))
    )
    assert compare(small, middle, SCALES, least_parts=1).score == pytest.approx(
        compare(middle, large, SCALES, least_parts=1).score
    )


def test_themes_should_be_compared_by_what_is_shared() -> None:
    busan = CityProfile("busan", "KR", themes=frozenset({"mobility", "water"}))
    peer = compare(UTRECHT, busan, SCALES, least_parts=1)
    assert peer.parts[0].code == THEMES_PART
    assert peer.parts[0].one == ("energy", "mobility")
    assert peer.score == pytest.approx(1 / 3)


def test_score_should_be_absent_when_too_little_is_known() -> None:
    unknown = CityProfile("x", "KR", population=50_000)
    assert compare(UTRECHT, unknown, SCALES).score is None
    assert compare(CityProfile("a", "NL"), unknown, SCALES, least_parts=0).score is None
    assert rank_peers(UTRECHT, [unknown], SCALES) == ()


def test_weights_should_be_the_users() -> None:
    only_old = {"population": 0.0, "old": 2.0, "density": 0.0, THEMES_PART: 0.0}
    peer = compare(UTRECHT, SEJONG, SCALES, weights=only_old, least_parts=1)
    assert [part.code for part in peer.parts] == ["old"]
    assert (peer.score, peer.coverage) == (0.5, 1.0)
    nothing = compare(UTRECHT, SEJONG, SCALES, weights=dict.fromkeys(only_old, 0.0))
    assert (nothing.score, nothing.coverage) == (None, 0.0)
    with pytest.raises(WrongPeerOption, match="old"):
        compare(UTRECHT, SEJONG, SCALES, weights={"old": -1})


@settings(max_examples=50)
@given(corpora())
def test_comparison_should_be_the_same_from_either_side(corpus: list[CityProfile]) -> None:
    scales = fit_scales(corpus)
    for one, other in itertools.pairwise(corpus):
        there, back = compare(one, other, scales), compare(other, one, scales)
        assert (there.score is None) == (back.score is None)
        assert there.score is None or there.score == pytest.approx(back.score)
        assert there.score is None or 0 <= there.score <= 1
        assert 0 <= there.coverage <= 1
        same = compare(one, one, scales, least_parts=1)
        assert same.score is None or same.score == 1


@settings(max_examples=30)
@given(corpora())
def test_peers_should_be_ranked_best_first_without_the_city_itself(
    corpus: list[CityProfile],
) -> None:
    for city in corpus[:3]:
        scales = fit_scales(corpus)
        found = rank_peers(city, corpus, scales)
        scores = [peer.score for peer in found if peer.score is not None]
        assert scores == sorted(scores, reverse=True)
        assert len(scores) == len(found)
        assert city.id not in {peer.id for peer in found}
        assert rank_peers(city, corpus[::-1], scales) == found


def test_spread_should_be_robust() -> None:
    chance = random.Random(4)
    values = [chance.gauss(50, 10) for _ in range(500)]
    wild = [*values, 1e9, -1e9]
    cities = [
        CityProfile(f"c{at}", "NL", features={"old": value, "same": 1.0})
        for at, value in enumerate(wild)
    ]
    scales = fit_scales(cities)
    assert scales.spread["old"] == pytest.approx(statistics.stdev(values), rel=0.15)
    assert "same" not in scales.spread


@pytest.mark.parametrize("values", [[1, 1, 1, 1, 1, 1, 5, 9, 9, 9], [0, 0, 0, 0, 0, 0, 0, 0, 0, 9]])
def test_spread_should_be_found_when_most_are_equal(values: list[float]) -> None:
    cities = [
        CityProfile(f"c{at}", "NL", features={"trams": value}) for at, value in enumerate(values)
    ]
    assert fit_scales(cities).spread["trams"] > 1


def test_spread_should_not_be_a_matter_of_rounding() -> None:
    values = (0.1 + 0.2, 0.3, 5e-324 + 0.3)
    cities = [CityProfile(f"c{value}", "NL", features={"trams": value}) for value in values]
    assert fit_scales(cities).spread == {}


def test_complement_should_say_who_has_what_for_whom() -> None:
    one = CityProfile(
        "a", "NL", strengths=frozenset({"smart-grid", "bicycle"}), needs=frozenset({"flood"})
    )
    other = CityProfile(
        "b", "KR", strengths=frozenset({"flood"}), needs=frozenset({"smart-grid", "parking"})
    )
    found = complement(one, other)
    assert (found.gives, found.gets) == (("smart-grid",), ("flood",))
    assert found.score == 0.75
    back = complement(other, one)
    assert (back.gives, back.gets, back.score) == (found.gets, found.gives, found.score)


def test_complement_should_be_zero_when_nobody_needs_anything() -> None:
    assert complement(UTRECHT, SEJONG).score == 0


@settings(max_examples=50, deadline=None)
@given(corpora(), st.sampled_from([None, "mobility"]), st.integers(1, 5), st.integers(0, 6))
def test_groups_should_hold_everybody_once_within_their_sizes(
    corpus: list[CityProfile], theme: str | None, smallest: int, more: int
) -> None:
    largest = 2 * smallest - 1 + more
    scales = fit_scales(corpus)
    found = peer_groups(corpus, scales, theme=theme, smallest=smallest, largest=largest)
    members = [member.id for group in found.groups for member in group.members]
    asked = [city for city in corpus if theme is None or theme in city.themes]
    assert sorted([*members, *found.ungrouped]) == [city.id for city in asked]
    assert all(smallest <= len(group.members) <= largest for group in found.groups)
    assert all(group.typical == group.members[0].id for group in found.groups)
    again = peer_groups(corpus[::-1], scales, theme=theme, smallest=smallest, largest=largest)
    assert again == found


def _two_kinds(number: int) -> list[CityProfile]:
    chance = random.Random(9)
    return [
        CityProfile(
            f"{kind}{at}",
            "NL",
            population=round(people * chance.uniform(0.9, 1.1)),
            features={"old": old + chance.uniform(-1, 1)},
            themes=frozenset({"mobility"}),
        )
        for kind, people, old in (("large", 500_000, 12), ("small", 20_000, 24))
        for at in range(number)
    ]


def test_groups_should_follow_what_cities_are_like() -> None:
    cities = _two_kinds(6)
    found = peer_groups(cities, fit_scales(cities), theme="mobility")
    kinds = [{member.id[:5] for member in group.members} for group in found.groups]
    assert kinds == [{"large"}, {"small"}]
    assert not found.ungrouped
    trait = found.groups[0].traits[0]
    assert trait.known == 6
    assert trait.lowest < trait.highest
    assert trait.apart < 0.5


def test_groups_should_tell_who_is_in_none() -> None:
    cities = [*_two_kinds(2), CityProfile("x", "KR", themes=frozenset({"mobility"}))]
    found = peer_groups(cities, fit_scales(cities), theme="mobility")
    assert found.groups == ()
    assert found.ungrouped["x"] is Ungrouped.TOO_LITTLE_KNOWN
    assert found.ungrouped["large0"] is Ungrouped.TOO_FEW_CITIES


def test_city_should_come_over_when_all_other_groups_are_full() -> None:
    # Six close together fill a group of at most nine; four others fit nowhere together with them.
    cities = [
        CityProfile(f"near{at}", "NL", features={"old": 0.1 * at, "income": 0.0}) for at in range(6)
    ] + [CityProfile(f"z{at}", "NL", features={"old": 9.0 + at, "income": 1.0}) for at in range(4)]
    found = peer_groups(cities, fit_scales(cities), largest=9)
    assert [len(group.members) for group in found.groups] == [5, 5]
    assert "near5" in {member.id for group in found.groups for member in group.members}


def test_sizes_should_be_refused_when_not_everybody_could_be_placed() -> None:
    with pytest.raises(WrongPeerOption, match="largest"):
        peer_groups([], SCALES, smallest=5, largest=8)
    with pytest.raises(WrongPeerOption, match="twice"):
        peer_groups([UTRECHT, UTRECHT], SCALES)
