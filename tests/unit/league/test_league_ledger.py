"""What was said is merged the same in any order, and kept as far as introductions lead."""

from dataclasses import replace
from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.league.identity import KeyPair, encoded
from hanze.league.ledger import (
    Ledger,
    introducers,
    ledger_of,
    mark_of,
    merge,
    newest_records,
    pruned,
    read_all,
    summary_of,
)
from hanze.league.statements import (
    LONGEST_CHAIN,
    Departure,
    Opinion,
    Statement,
    StatementRefused,
    Verdict,
    make_statement,
    read_statement,
)
from tests.unit.league.league_people import LIMITS, LONG_AGO, NOW, Person

PEOPLE = [Person.called(name) for name in ("Apeldoorn", "Breda", "Coevorden", "Delft")]
A, B, C, D = PEOPLE
ROTATED = A.rotated()


def _gone(person: Person, sequence: int = 9) -> Statement:
    said = Departure(by=person.id, chain=person.chain, at=NOW, sequence=sequence)
    return make_statement(said, person.key)


SAID = [
    *(person.record(sequence) for person in (*PEOPLE, ROTATED) for sequence in (1, 2)),
    A.record(2, name="Another name at once"),
    *(one.says(Verdict.KNOWS, other) for one in PEOPLE for other in PEOPLE if one is not other),
    A.says(Verdict.BANNED, B, 2),
    A.says(Verdict.NOTHING, B, 3),
    _gone(D),
]
LEDGERS = st.lists(st.sampled_from(SAID), max_size=12).map(ledger_of)


@given(LEDGERS, LEDGERS)
def test_merge_should_be_commutative(first: Ledger, second: Ledger) -> None:
    assert merge(first, second) == merge(second, first)
    assert summary_of(merge(first, second)) == summary_of(merge(second, first))


@given(LEDGERS, LEDGERS, LEDGERS)
def test_merge_should_be_associative(first: Ledger, second: Ledger, third: Ledger) -> None:
    assert merge(merge(first, second), third) == merge(first, merge(second, third))


@given(LEDGERS, LEDGERS)
def test_merge_should_be_idempotent(first: Ledger, second: Ledger) -> None:
    merged = merge(first, second)
    assert merge(merged, second) == merged
    assert merge(merged, merged) == merged


@given(st.lists(st.sampled_from(SAID), max_size=12), st.randoms())
def test_order_and_repetition_of_what_is_heard_should_not_matter(
    said: list[Statement], chance: Random
) -> None:
    other = [*said, *said[:3]]
    chance.shuffle(other)
    assert ledger_of(other) == ledger_of(said)


@given(LEDGERS, LEDGERS)
@settings(max_examples=60)
def test_pruning_should_change_nothing_more_when_it_is_done_again(
    first: Ledger, second: Ledger
) -> None:
    roots = {A.id: A.key.thumbprint}
    once = pruned(merge(first, second), roots, LIMITS)
    assert pruned(once, roots, LIMITS) == once


def test_statement_should_be_read_as_it_was_said() -> None:
    for one in SAID:
        assert read_statement(one.text) == one


def test_changed_statements_should_be_refused() -> None:
    text = A.record().text
    head, payload, signature = text.split(".")
    for other in (
        f"{head}.{payload}.{B.record().text.split('.')[2]}",
        f"{head}.{B.record().text.split('.')[1]}.{signature}",
        f"{B.record().text.split('.')[0]}.{payload}.{signature}",
        f"{head}.{payload}",
        f"{text}.",
        f"{text}=",
        "",
        "..",
        "x" * 40_000,
    ):
        with pytest.raises(StatementRefused):
            read_statement(other)


def test_nobody_should_speak_for_another() -> None:
    said = A.record().said
    with pytest.raises(StatementRefused, match="another one"):
        make_statement(said, B.key)
    stolen = msgspec.structs.replace(B.record().said, chain=ROTATED.chain)
    with pytest.raises(StatementRefused):
        make_statement(stolen, B.key)
    with pytest.raises(StatementRefused, match="chain"):
        make_statement(msgspec.structs.replace(said, chain=ROTATED.chain), KeyPair.made())


def test_chain_should_hold_from_the_first_key_to_the_last() -> None:
    twice = ROTATED.rotated()
    holders = twice.record().holders
    assert holders == tuple(key.public for key in twice.keys)
    for chain in (twice.chain[1:], twice.chain[:1], twice.chain[::-1], twice.chain * 2):
        said = msgspec.structs.replace(twice.record().said, chain=chain)
        with pytest.raises(StatementRefused):
            make_statement(said, twice.key)


def test_chain_should_be_bounded() -> None:
    said = msgspec.structs.replace(A.record().said, chain=("x",) * (LONGEST_CHAIN + 1))
    with pytest.raises(StatementRefused):
        make_statement(said, A.key)


@pytest.mark.parametrize(
    "changed",
    [
        {"name": ""},
        {"name": "x" * 101},
        {"name": "line\nfeed"},
        {"name": "turned\u202eround"},
        {"url": "ftp://x"},
        {"url": "https://x/path"},
        {"url": "https://user@x"},
        {"alias": "a b"},
        {"place": (181.0, 0.0)},
        {"place": (0.0, float("nan"))},
        {"at": "yesterday"},
        {"sequence": -1},
    ],
)
def test_what_a_member_says_of_itself_should_be_in_form(changed: dict[str, object]) -> None:
    said = msgspec.structs.replace(A.record().said, **changed)
    with pytest.raises(StatementRefused):
        make_statement(said, A.key)


def test_forged_statements_should_be_left_out() -> None:
    good = A.record().text
    assert read_all([good, good + "x", "nothing"], ()) == [A.record()]
    assert read_all([good], {good}) == []


def test_members_should_be_known_as_far_as_introductions_lead() -> None:
    said = [
        *(one.record() for one in PEOPLE),
        A.says(Verdict.KNOWS, B),
        B.says(Verdict.KNOWS, C),
    ]
    known = pruned(ledger_of(said), {A.id: A.key.thumbprint}, LIMITS)
    assert set(newest_records(known)) == {A.id, B.id, C.id}
    assert introducers(known, Verdict.KNOWS)[C.id] == (B.id,)


def test_who_is_advised_against_should_be_known_and_introduce_nobody() -> None:
    said = [
        *(one.record() for one in PEOPLE),
        A.says(Verdict.BANNED, B),
        B.says(Verdict.KNOWS, C),
    ]
    known = pruned(ledger_of(said), {A.id: A.key.thumbprint}, LIMITS)
    assert set(newest_records(known)) == {A.id, B.id}
    banned = pruned(ledger_of(said), {D.id: D.key.thumbprint, B.id: None}, LIMITS)
    assert set(newest_records(banned)) == {D.id, B.id}


def test_there_should_not_be_more_members_than_allowed() -> None:
    crowd = [Person.called(f"Crowd{number}") for number in range(8)]
    said = [
        A.record(),
        *(one.record() for one in crowd),
        *(A.says(Verdict.KNOWS, one) for one in crowd),
    ]
    roots: dict[str, str | None] = {A.id: A.key.thumbprint}
    few = pruned(ledger_of(said), roots, replace(LIMITS, members=3))
    assert len(newest_records(few)) == 4
    quiet = pruned(ledger_of(said), roots, replace(LIMITS, introductions=2))
    assert len(newest_records(quiet)) == 3


def test_what_is_old_or_of_tomorrow_should_be_forgotten() -> None:
    roots: dict[str, str | None] = {A.id: A.key.thumbprint}
    said = [
        A.record(at=LONG_AGO),
        A.says(Verdict.KNOWS, B),
        B.record(),
        A.says(Verdict.KNOWS, C, at="2027-01-01T00:00:00Z"),
        C.record(),
    ]
    assert set(newest_records(pruned(ledger_of(said), roots, LIMITS))) == {B.id}


def test_old_keys_should_be_believed_no_more() -> None:
    thief = Person(A.name, A.keys)
    said = [
        ROTATED.record(),
        thief.record(5, url="https://thief.example"),
        thief.says(Verdict.KNOWS, D),
        D.record(),
        B.says(Verdict.KNOWS, A),
    ]
    known = pruned(ledger_of(said), {B.id: B.key.thumbprint}, LIMITS)
    assert {one.key for one in newest_records(known)[A.id]} == {ROTATED.key.thumbprint}
    assert D.id not in newest_records(known)


def test_two_keys_that_follow_the_same_one_should_both_be_shown() -> None:
    other = A.rotated("thief")
    said = [ROTATED.record(), other.record(), B.says(Verdict.KNOWS, A)]
    known = pruned(ledger_of(said), {B.id: B.key.thumbprint}, LIMITS)
    assert len(newest_records(known)[A.id]) == 2


def test_keys_of_one_member_should_be_few() -> None:
    forks = [A.rotated(f"fork {number}").record() for number in range(6)]
    said = [*forks, B.says(Verdict.KNOWS, A)]
    known = pruned(ledger_of(said), {B.id: B.key.thumbprint}, LIMITS)
    assert len(newest_records(known)[A.id]) == 3


def test_who_left_should_have_no_record() -> None:
    known = ledger_of([D.record(99), _gone(D, 1)])
    assert D.id not in newest_records(known)


def test_marks_should_tell_statements_apart() -> None:
    assert len({mark_of(one.text) for one in SAID}) == len({one.text for one in SAID})
    assert summary_of({}) == summary_of(ledger_of([]))


@given(st.binary(max_size=300))
@settings(max_examples=60)
def test_signed_nonsense_should_be_refused(payload: bytes) -> None:
    head = A.record().text.split(".")[0]
    signed = f"{head}.{encoded(payload)}"
    with pytest.raises(StatementRefused):
        read_statement(f"{signed}.{encoded(A.key.sign(signed.encode()))}")


def test_one_member_should_not_fill_the_ledgers_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hanze.league.ledger._OPINIONS_OF_STRANGERS", 2)
    said = [
        *(one.record() for one in PEOPLE),
        A.says(Verdict.KNOWS, B),
        *(B.says(Verdict.KNOWS, one) for one in (A, C, D)),
    ]
    roots: dict[str, str | None] = {A.id: A.key.thumbprint}
    known = pruned(ledger_of(said), roots, LIMITS)
    assert sum(one.said.by == B.id for one in known.values()) == 3
    trusted = pruned(ledger_of(said), {**roots, B.id: B.key.thumbprint}, LIMITS)
    assert sum(one.said.by == B.id for one in trusted.values()) == 4
    room = len(B.record().text) + 10
    monkeypatch.setattr("hanze.league.ledger._ROOM_OF_STRANGERS", room)
    known = pruned(ledger_of(said), roots, LIMITS)
    assert [one.said for one in known.values() if one.said.by == B.id] == [B.record().said]


def test_strangers_together_should_not_fill_a_ledger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hanze.league.ledger._OPINIONS_TOGETHER", 4)
    said = [
        *(one.record() for one in PEOPLE),
        A.says(Verdict.KNOWS, B),
        A.says(Verdict.KNOWS, C),
        *(B.says(Verdict.KNOWS, one) for one in (A, C, D)),
        *(C.says(Verdict.KNOWS, one) for one in (A, B)),
        D.says(Verdict.KNOWS, A),
    ]
    known = pruned(ledger_of(said), {A.id: A.key.thumbprint}, LIMITS)
    opinions = [one.said.by for one in known.values() if isinstance(one.said, Opinion)]
    assert {one.id: opinions.count(one.id) for one in (A, B, C)} == {A.id: 2, B.id: 1, C.id: 1}
