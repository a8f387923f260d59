"""Stable matching, beside all stable matchings there are on small instances."""

import itertools
from collections.abc import Collection, Iterable, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.collaboration.matching.parties import FacilitatorAsParty, Pair, Party, WrongProgramme
from hanze.collaboration.matching.stable import (
    Proposers,
    Ranking,
    Unstable,
    blocking_pairs,
    ranking_of,
    stable_match,
)

NL = [f"nl{n}" for n in range(6)]
KR = [f"kr{n}" for n in range(6)]


def parties(names: Iterable[str], capacity: int = 1) -> list[Party]:
    return [Party(name, capacity) for name in names]


@st.composite
def rankings(
    draw: st.DrawFn, one: Collection[str], other: Collection[str], *, ties: bool
) -> dict[str, Ranking]:
    drawn: dict[str, Ranking] = {}
    for mine, facing in (*((name, other) for name in one), *((name, one) for name in other)):
        order = draw(st.permutations(list(facing)))
        listed = order[: draw(st.integers(0, len(order)))]
        if ties:
            drawn[mine] = ranking_of({name: draw(st.integers(0, 2)) for name in listed})
        else:
            drawn[mine] = [[name] for name in listed]
    return drawn


def place(ranking: Ranking, name: str | None) -> int:
    """From 0; having nobody is worse than anybody on the list."""
    return next((at for at, group in enumerate(ranking) if name in group), len(ranking))


def all_stable(
    one: list[Party], other: list[Party], ranked: Mapping[str, Ranking]
) -> list[dict[str, str | None]]:
    """Every stable one-to-one matching, by trying all, as the partner of each of `one`."""
    found = []
    choices = [[None, *(name for group in ranked[party.id] for name in group)] for party in one]
    for partners in itertools.product(*choices):
        taken = [name for name in partners if name is not None]
        matching = dict(zip((party.id for party in one), partners, strict=True))
        if len(set(taken)) < len(taken) or any(
            yours and not any(mine in group for group in ranked[yours])
            for mine, yours in matching.items()
        ):
            continue
        pairs = [(mine, yours) for mine, yours in matching.items() if yours]
        if not blocking_pairs(one, other, ranked, pairs):
            found.append(matching)
    return found


@settings(max_examples=60, deadline=None)
@given(st.data(), st.integers(1, 4), st.integers(1, 4))
def test_outcome_should_be_best_for_proposers_and_worst_for_the_others(
    data: st.DataObject, ones: int, others: int
) -> None:
    one, other = parties(NL[:ones]), parties(KR[:others])
    ranked = data.draw(rankings(NL[:ones], KR[:others], ties=False))
    stable = all_stable(one, other, ranked)
    assert stable  # Gale and Shapley: there is always one
    for proposers, better in ((Proposers.ONE, min), (Proposers.OTHER, max)):
        found = stable_match(one, other, ranked, proposers=proposers)
        partner = dict(found.pairs)
        for party in one:
            places = [place(ranked[party.id], matching[party.id]) for matching in stable]
            assert place(ranked[party.id], partner.get(party.id)) == better(places)


@settings(max_examples=100, deadline=None)
@given(st.data(), st.integers(1, 6), st.integers(1, 6), st.sampled_from(Proposers))
def test_outcome_should_have_no_blocking_pair_with_capacities_ties_and_vetoes(
    data: st.DataObject, ones: int, others: int, proposers: Proposers
) -> None:
    places = st.integers(0, 3)
    one = [Party(name, data.draw(places)) for name in NL[:ones]]
    other = [Party(name, data.draw(places)) for name in KR[:others]]
    ranked = data.draw(rankings(NL[:ones], KR[:others], ties=True))
    pairs = st.tuples(st.sampled_from(KR[:others]), st.sampled_from(NL[:ones]))
    vetoes = data.draw(st.sets(pairs, max_size=4))
    found = stable_match(one, other, ranked, vetoes=vetoes, proposers=proposers)
    assert blocking_pairs(one, other, ranked, found.pairs, vetoes=vetoes) == ()
    assert found.proposers is proposers
    partners: dict[str, set[str]] = {party.id: set() for party in (*one, *other)}
    for mine, yours in found.pairs:
        assert (yours, mine) not in vetoes
        assert any(mine in group for group in ranked[yours])
        assert any(yours in group for group in ranked[mine])
        partners[mine].add(yours)
        partners[yours].add(mine)
    assert all(len(partners[party.id]) <= party.capacity for party in (*one, *other))
    assert found.unmatched.keys() == {name for name, some in partners.items() if not some}


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_same_parties_should_be_matched_whoever_proposes(data: st.DataObject) -> None:
    # The rural hospitals theorem: with strict rankings the number of partners does not change.
    one, other = parties(NL[:4], 2), parties(KR[:4], 2)
    ranked = data.draw(rankings(NL[:4], KR[:4], ties=False))
    numbers = [
        sorted(
            name for pair in stable_match(one, other, ranked, proposers=side).pairs for name in pair
        )
        for side in Proposers
    ]
    assert numbers[0] == numbers[1]


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_outcome_should_not_depend_on_the_order_of_the_parties(data: st.DataObject) -> None:
    ranked = data.draw(rankings(NL[:4], KR[:4], ties=True))
    one, other = parties(NL[:4], 2), parties(KR[:4], 2)
    first = stable_match(one, other, ranked)
    again = stable_match(one[::-1], other[::-1], dict(reversed(ranked.items())))
    assert again.pairs == first.pairs


def test_sides_should_each_get_their_first_when_they_propose() -> None:
    one, other = parties(["utrecht", "zwolle"]), parties(["busan", "daegu"])
    ranked: dict[str, Ranking] = {
        "utrecht": [["busan"], ["daegu"]],
        "zwolle": [["daegu"], ["busan"]],
        "busan": [["zwolle"], ["utrecht"]],
        "daegu": [["utrecht"], ["zwolle"]],
    }
    dutch = stable_match(one, other, ranked)
    korean = stable_match(one, other, ranked, proposers=Proposers.OTHER)
    assert dutch.pairs == (("utrecht", "busan"), ("zwolle", "daegu"))
    assert korean.pairs == (("utrecht", "daegu"), ("zwolle", "busan"))
    assert dutch.proposals == korean.proposals == 2


def test_tie_should_go_to_the_one_that_likes_more() -> None:
    one, other = parties(["utrecht"]), parties(["busan", "daegu"])
    ranked: dict[str, Ranking] = {
        "utrecht": [["busan", "daegu"]],
        "busan": [["nobody"], ["utrecht"]],
        "daegu": [["utrecht"]],
    }
    one.append(Party("nobody", 0))
    assert stable_match(one, other, ranked).pairs == (("utrecht", "daegu"),)


def test_tie_should_not_always_go_to_the_first_name() -> None:
    names = [f"city{n:02}" for n in range(20)]
    ranked: dict[str, Ranking] = {"busan": [names], **{name: [["busan"]] for name in names}}
    found = stable_match(parties(names), parties(["busan"]), ranked)
    assert len(found.pairs) == 1
    assert found.pairs != (("city00", "busan"),)


def test_unmatched_should_say_why() -> None:
    one = [*parties(["a", "b", "c", "d", "e"]), Party("closed", 0)]
    ranked: dict[str, Ranking] = {
        "a": [["x"]],
        "b": [["x"]],
        "c": [["x"]],
        "d": [["y"]],
        "closed": [["x"]],
        "x": [["a"], ["b"], ["c"]],
    }
    found = stable_match(one, parties(["x", "y"]), ranked, vetoes={("c", "x")})
    assert found.unmatched == {
        "b": Unstable.OTHERS_FULL,
        "c": Unstable.ALL_VETOED,
        "closed": Unstable.NO_CAPACITY,
        "d": Unstable.NOT_MUTUAL,
        "e": Unstable.NO_CANDIDATE,
        "y": Unstable.NO_CANDIDATE,
    }


def test_blocking_pairs_should_name_those_who_would_walk_away() -> None:
    one, other = parties(["a", "b"]), parties(["x", "y"])
    ranked: dict[str, Ranking] = {
        "a": [["x"], ["y"]],
        "b": [["x"], ["y"]],
        "x": [["a"], ["b"]],
        "y": [["a"], ["b"]],
    }
    swapped: list[Pair] = [("a", "y"), ("b", "x")]
    assert blocking_pairs(one, other, ranked, swapped) == (("a", "x"),)
    assert blocking_pairs(one, other, ranked, swapped, vetoes={("x", "a")}) == ()
    assert len(blocking_pairs(one, other, ranked, [])) == 4


def test_partner_that_is_not_ranked_should_be_worse_than_any_that_is() -> None:
    one, other = parties(["a"]), parties(["x", "y"])
    ranked: dict[str, Ranking] = {"a": [[], [], ["x"]], "x": [["a"]], "y": [["a"]]}
    assert blocking_pairs(one, other, ranked, [("a", "y")]) == (("a", "x"),)


def test_facilitator_should_be_refused_as_a_ranked_party() -> None:
    with pytest.raises(FacilitatorAsParty, match="desk"):
        stable_match(parties(["a"]), parties(["desk"]), {}, facilitators={"desk"})


@pytest.mark.parametrize(
    ("one", "ranked", "names"),
    [
        (parties(["a", "a"]), {}, "twice"),
        (parties(["x"]), {}, "twice"),
        ([Party("a", -1)], {}, "0 or more"),
        ([Party("a", 2, 1)], {}, "at_least"),
        (parties(["a"]), {"b": [["x"]]}, "b does not exist"),
        (parties(["a"]), {"a": [["x"], ["x"]]}, "at most once"),
        (parties(["a"]), {"a": [["a"]]}, "other side"),
    ],
)
def test_input_should_be_refused_when_rankings_are_wrong(
    one: list[Party], ranked: dict[str, Ranking], names: str
) -> None:
    with pytest.raises(WrongProgramme, match=names):
        stable_match(one, parties(["x"]), ranked)
