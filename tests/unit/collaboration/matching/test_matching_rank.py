"""What columns say of thousands of pairs is what the criteria say of each."""

import math
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.collaboration.language.annotate import Annotation
from hanze.collaboration.language.vectors import TextModel
from hanze.collaboration.matching.columns import Columns
from hanze.collaboration.matching.criteria import (
    CRITERIA,
    KINDS,
    Around,
    UnknownKind,
    WrongWeights,
    evidence_strength,
    left_out,
    weights_for,
)
from hanze.collaboration.matching.profile import Evidence, Profile
from hanze.collaboration.matching.rank import (
    Option,
    WrongOption,
    rank_all,
    rank_one,
    score_pair,
)
from hanze.collaboration.matching.restrictions import Restrictions
from hanze.collaboration.matching.table import Table

_CITIES = ("a", "b", "c", "d")
_LIKENESS = {("a", "b"): 0.9, ("a", "c"): 0.4, ("b", "c"): 0.1, ("a", "a"): 1.0}
_DAY = date(2027, 1, 1)


def _likeness(one: str, other: str) -> float | None:
    return _LIKENESS.get((one, other), _LIKENESS.get((other, one)))


def _some(values: Sequence[str]) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(values), max_size=3)


@st.composite
def _profiles(draw: st.DrawFn, prefix: str) -> list[Profile]:
    count = draw(st.integers(1, 6))
    return [_profile(draw, f"{prefix}{number}") for number in range(count)]


def _profile(draw: st.DrawFn, name: str) -> Profile:
    start = draw(st.none() | st.integers(0, 400))
    length = draw(st.integers(0, 300))
    pieces = st.builds(
        Evidence,
        st.sampled_from(("p1", "p2")),
        st.sampled_from((0.0, 0.35, 1.0)),
        st.none() | st.sampled_from(_CITIES),
    )
    concepts = st.dictionaries(st.sampled_from(("x", "y", "z")), st.floats(0.1, 2), max_size=3)
    lemmas = st.dictionaries(st.sampled_from(("fiets", "bike", "자전거")), st.floats(0.1, 1))
    return Profile(
        id=name,
        kind="Demand",
        about=Annotation(draw(concepts), draw(lemmas), ("nl",)),
        themes=draw(_some(("mobility", "water", "energy"))),
        city=draw(st.none() | st.sampled_from(_CITIES)),
        country=draw(st.none() | st.sampled_from(("NL", "KR"))),
        standards=draw(_some(("s1", "s2"))),
        openness=draw(st.sampled_from((None, "open", "closed", "either"))),
        trl=draw(st.none() | st.integers(1, 9)),
        trl_minimum=draw(st.none() | st.integers(1, 9)),
        evidence=tuple(draw(st.lists(pieces, max_size=2))),
        languages=draw(_some(("nl", "en", "ko"))),
        allowed_countries=draw(_some(("NL", "KR"))),
        requirements=draw(_some(("offline", "quiet"))),
        meets=draw(_some(("offline", "quiet"))),
        personal_data=draw(st.sampled_from((None, True, False))),
        groups=draw(_some(("older", "young"))),
        starts=None if start is None else _DAY + timedelta(start),
        ends=None if start is None else _DAY + timedelta(start + length),
        closed=draw(st.sampled_from(("", "", "", "withdrawn"))),
        strengths=draw(_some(("x", "y"))),
        needs=draw(_some(("x", "y"))),
        partners=draw(_some(("one0", "other0"))),
    )


def _tables(one: list[Profile], other: list[Profile]) -> tuple[Table, Table, Around]:
    model = TextModel.fit([profile.about for profile in (*one, *other)])
    seeking, offering = (
        Table(side, model.vectors([profile.about for profile in side])) for side in (one, other)
    )
    return seeking, offering, Around(model, _likeness)


@given(_profiles("one"), _profiles("other"))
@settings(max_examples=60)
def test_columns_should_say_what_each_criterion_says(
    one: list[Profile], other: list[Profile]
) -> None:
    seeking, offering, around = _tables(one, other)
    columns = Columns(seeking, offering, around)
    rows = slice(0, len(one))
    allowed = columns.allowed(rows)
    for name, criterion in CRITERIA.items():
        block = columns.scores(name, rows)
        assert block.shape == (len(one), len(other))
        for i, seeker in enumerate(one):
            for j, offer in enumerate(other):
                value = criterion(seeker, offer, around).value
                assert bool(allowed[i, j]) == (left_out(seeker, offer) == "")
                if value is None:
                    assert math.isnan(block[i, j]), name
                else:
                    assert block[i, j] == pytest.approx(value, abs=0.02 if name == "text" else 1e-5)
                    assert 0 <= value <= 1


@given(
    _profiles("one"),
    _profiles("other"),
    st.dictionaries(st.sampled_from(tuple(CRITERIA)), st.floats(0.1, 5), min_size=1),
)
@settings(max_examples=60)
def test_ranking_should_be_that_of_the_pairs_one_by_one(
    one: list[Profile], other: list[Profile], weights: dict[str, float]
) -> None:
    seeking, offering, around = _tables(one, other)
    option = Option(weights=weights, top=3)
    (ranked,) = rank_all(seeking, offering, around, option)
    for seeker, found in zip(one, ranked, strict=True):
        scored = [score_pair(seeker, x, around, weights) for x in other if not left_out(seeker, x)]
        assert found.considered == len(scored)
        best = sorted((pair.score for pair in scored), reverse=True)[:3]
        assert found.scores == pytest.approx(best, abs=0.02)


@given(_profiles("one"), _profiles("other"), st.booleans())
@settings(max_examples=40)
def test_restrictions_should_give_the_reasons_of_the_pairs(
    one: list[Profile], other: list[Profile], seeks: bool
) -> None:
    party = one[0]
    _, others, _ = _tables(one, other)
    restrictions = Restrictions(others, seeks=seeks)
    pairs = [(party, each) if seeks else (each, party) for each in other]
    told = [left_out(*pair) for pair in pairs]
    assert restrictions.reasons(party) == Counter(filter(None, told))
    assert restrictions.allowed(party).tolist() == [not reason for reason in told]


def test_restrictions_should_count_countries_of_both_sides_together() -> None:
    here, there = frozenset({"NL"}), frozenset({"KR"})
    party = Profile(id="one", kind="Demand", country="NL", allowed_countries=here)
    others = [
        Profile(id="not-let-in", kind="Demand", country="KR"),
        Profile(id="lets-not-in", kind="Demand", allowed_countries=there),
    ]
    _, table, _ = _tables([party], others)
    assert Restrictions(table, seeks=False).reasons(party) == {"country": 2}


@given(_profiles("one"), _profiles("other"))
@settings(max_examples=30)
def test_rank_one_should_account_for_every_candidate(
    one: list[Profile], other: list[Profile]
) -> None:
    seeker = one[0]
    seeking, offering, around = _tables([seeker], other)
    option = Option(weights=weights_for("demand-solution"), least=0.3, top=100)
    found, reasons = rank_one(seeker, seeking, offering, around, option, seeks=True)
    assert len(found) + sum(reasons.values()) == len(other)
    assert [pair.score for pair in found] == sorted((p.score for p in found), reverse=True)
    for pair in found:
        parts = [part for part in pair.parts if part.score is not None]
        whole = sum(part.weight for part in parts)
        mean = sum(part.weight * (part.score or 0) for part in parts) / whole
        assert pair.score == pytest.approx(mean)


@given(_profiles("one"), _profiles("other"))
@settings(max_examples=30)
def test_rank_one_should_say_the_same_from_either_side(
    one: list[Profile], other: list[Profile]
) -> None:
    offer = other[0]
    alone, seeking, around = _tables([offer], one)
    option = Option(weights=weights_for("demand-solution"), top=100)
    found, _ = rank_one(offer, alone, seeking, around, option, seeks=False)
    for pair in found:
        seeker = one[seeking.rows[pair.one]]
        assert pair.other == offer.id
        assert pair == score_pair(seeker, offer, around, option.weights)


def _pair(**more: object) -> tuple[Profile, Profile]:
    about = Annotation({"x": 1.0}, {"fiets": 1.0}, ("nl",))
    asked = {k[4:]: v for k, v in more.items() if k.startswith("one_")}
    given_ = {k[6:]: v for k, v in more.items() if k.startswith("other_")}
    one = Profile(id="one", kind="Demand", about=about, **asked)  # type: ignore[arg-type]  # the test's own
    other = Profile(id="other", kind="Solution", about=about, **given_)  # type: ignore[arg-type]  # the test's own
    return one, other


@pytest.mark.parametrize(
    ("criterion", "fields", "expected"),
    [
        ("trl", {"one_trl_minimum": 7, "other_trl": 8}, 1.0),
        ("trl", {"one_trl_minimum": 7, "other_trl": 5}, 0.5),
        ("trl", {"one_trl_minimum": 7}, 0.0),
        ("trl", {"other_trl": 5}, None),
        ("openness", {"one_openness": "open", "other_openness": "closed"}, 0.0),
        ("openness", {"one_openness": "open"}, 0.0),
        ("openness", {"one_openness": "either", "other_openness": "closed"}, None),
        ("standards", {"one_standards": frozenset("ab"), "other_standards": frozenset("b")}, 0.5),
        ("themes", {"other_themes": frozenset("b")}, None),
        ("peers", {"one_city": "a", "other_evidence": (Evidence("p", 1.0, "b"),)}, 0.9),
        ("peers", {"one_city": "a", "other_evidence": (Evidence("p", 1.0, "d"),)}, None),
        ("alike", {"one_city": "a", "other_city": "c"}, 0.4),
        ("complement", {"one_needs": frozenset("xy"), "other_strengths": frozenset("x")}, 0.5),
    ],
)
def test_criterion_should_score_what_is_asked_for(
    criterion: str, fields: dict[str, object], expected: float | None
) -> None:
    one, other = _pair(**fields)
    around = Around(TextModel.fit([one.about, other.about]), _likeness)
    assert CRITERIA[criterion](one, other, around).value == (
        None if expected is None else pytest.approx(expected)
    )


def test_must_should_leave_out_what_is_not_met_whole() -> None:
    one, other = _pair(one_trl_minimum=7, other_trl=6)
    seeking, offering, around = _tables([one], [other])
    weights = weights_for("demand-solution")
    assert rank_one(one, seeking, offering, around, Option(weights=weights), seeks=True)[0]
    strict = Option(weights=weights, must=frozenset({"trl"}))
    assert rank_one(one, seeking, offering, around, strict, seeks=True) == ((), {"must": 1})


def test_evidence_should_never_reach_certainty_and_always_grow() -> None:
    piece = Evidence("p", 1.0)
    strengths = [
        evidence_strength(Profile(id="x", kind="Solution", evidence=(piece,) * number))
        for number in range(5)
    ]
    assert strengths == sorted(set(strengths))
    assert strengths[0] == 0
    assert strengths[-1] < 1


@pytest.mark.parametrize(
    ("asked", "field"),
    [({"beauty": 1}, "beauty"), ({"text": -1}, "text"), ({"text": math.nan}, "text")],
)
def test_weights_should_be_refused_when_they_make_no_sense(
    asked: dict[str, float], field: str
) -> None:
    with pytest.raises(WrongWeights) as caught:
        weights_for("demand-solution", asked)
    assert caught.value.field == f"weights.{field}"


def test_weights_should_not_all_be_zero() -> None:
    with pytest.raises(WrongWeights):
        weights_for("city-city", dict.fromkeys(KINDS["city-city"], 0))
    with pytest.raises(UnknownKind):
        weights_for("city-planet")


@pytest.mark.parametrize("wrong", [{"must": frozenset({"alike"})}, {"least": 1.5}, {"top": 0}])
def test_options_should_be_refused_when_they_make_no_sense(wrong: dict[str, object]) -> None:
    with pytest.raises(WrongOption):
        Option(weights=weights_for("demand-solution"), **wrong)  # type: ignore[arg-type]  # on purpose


def test_equal_scores_should_stand_in_order_of_id() -> None:
    offers = [Profile(id=f"o{n}", kind="Solution", themes=frozenset("a")) for n in (3, 1, 2)]
    seeker = Profile(id="s", kind="Demand", themes=frozenset("a"))
    seeking, offering, around = _tables([seeker], offers)
    ((found,),) = rank_all(seeking, offering, around, Option(weights={"themes": 1.0}, top=2))
    assert [offers[row].id for row in found.others] == ["o1", "o2"]
