"""What an accord says, and how far it has come."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from hanze.collaboration.cooperating.terms import ACCORD_STATES, digest_of, state_of
from hanze.collaboration.records.cooperation import Accord, AccordSignature, Document
from tests.cooperating_world import BUSAN, GRONINGEN, UTRECHT, an_accord, signature_of

TODAY = date(2026, 5, 20)
DAY = timedelta(days=1)
HASH = "a" * 64


def signed_by_all(accord: Accord, on: date = TODAY) -> list[AccordSignature]:
    return [signature_of(party, digest_of(accord), on) for party in accord.parties]


def test_digest_of_should_stay_when_order_and_what_is_not_signed_change() -> None:
    accord = an_accord(parties=(GRONINGEN, BUSAN), themes=("b", "a"))
    other = replace(
        accord,
        parties=(BUSAN, GRONINGEN),
        themes=("a", "b"),
        title={"en": "Another name"},
        description={"en": "More"},
        status="ended",
        terms=dict(reversed(list(accord.terms.items()))),
    )
    assert digest_of(other) == digest_of(accord)


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "contract"},
        {"parties": (GRONINGEN, UTRECHT)},
        {"themes": ()},
        {"terms": {"en": "We share what we learn"}},
        {"valid_from": TODAY},
        {"valid_until": TODAY},
        {"documents": (Document(title={}, sha256=HASH),)},
        {"previous": "urn:ngsi-ld:Accord:test:other"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_digest_of_should_differ_when_what_is_signed_changes(changes: Mapping[str, object]) -> None:
    assert digest_of(an_accord(**changes)) != digest_of(an_accord())


def test_state_of_should_go_from_draft_to_in_force_when_each_signs() -> None:
    draft, accord = an_accord(status="draft"), an_accord()
    ours, theirs = signed_by_all(accord)
    assert state_of(draft, [], TODAY).state == "draft"
    assert state_of(accord, [], TODAY).state == "offered"
    partly = state_of(accord, [ours], TODAY)
    assert (partly.state, partly.signed, partly.missing) == (
        "partly-signed",
        (GRONINGEN,),
        (BUSAN,),
    )
    whole = state_of(accord, [ours, theirs], TODAY)
    assert (whole.state, whole.missing, whole.in_force_since) == ("in-force", (), TODAY)


def test_state_of_should_count_from_the_last_signature_when_the_first_day_has_passed() -> None:
    accord = an_accord(valid_from=TODAY - 30 * DAY)
    ours = signature_of(GRONINGEN, digest_of(accord), TODAY - 20 * DAY)
    theirs = signature_of(BUSAN, digest_of(accord), TODAY - 10 * DAY)
    assert state_of(accord, [ours, theirs], TODAY).in_force_since == TODAY - 10 * DAY


def test_state_of_should_wait_for_the_first_day_and_stop_after_the_last() -> None:
    later = an_accord(valid_from=TODAY + DAY, valid_until=TODAY + 2 * DAY)
    signatures = signed_by_all(later)
    assert state_of(later, signatures, TODAY).state == "not-yet"
    assert state_of(later, signatures, TODAY + DAY).state == "in-force"
    assert state_of(later, signatures, TODAY + 3 * DAY).state == "expired"


def test_state_of_should_say_changed_when_all_signed_something_else() -> None:
    accord = an_accord()
    changed = replace(accord, terms={"en": "We share half of it."})
    found = state_of(changed, signed_by_all(accord), TODAY)
    assert (found.state, found.signed, found.outdated) == ("changed", (), accord.parties)


def test_state_of_should_say_withdrawn_from_the_day_on_and_when_it_was_in_force() -> None:
    accord = an_accord()
    ours, theirs = signed_by_all(accord, TODAY - 9 * DAY)
    gone = replace(theirs, withdrawn_on=TODAY)
    assert state_of(accord, [ours, gone], TODAY - DAY).state == "in-force"
    found = state_of(accord, [ours, gone], TODAY)
    assert (found.state, found.withdrawn, found.in_force_since) == (
        "withdrawn",
        (BUSAN,),
        TODAY - 9 * DAY,
    )
    again = signature_of(BUSAN, digest_of(accord), TODAY, number=2)
    assert state_of(accord, [ours, gone, again], TODAY).state == "in-force"


def test_state_of_should_not_count_signatures_of_others_or_of_later_days() -> None:
    accord = an_accord()
    digest = digest_of(accord)
    others = [
        signature_of(UTRECHT, digest, TODAY),
        signature_of(BUSAN, digest, TODAY + DAY),
        signature_of(BUSAN, digest, TODAY, accord="urn:ngsi-ld:Accord:test:other"),
    ]
    assert state_of(accord, others, TODAY).state == "offered"


@pytest.mark.parametrize(
    ("told", "since"),
    [
        ("2024", date(2024, 1, 1)),
        ("2024-10", date(2024, 10, 1)),
        ("2024-10-07", date(2024, 10, 7)),
        ("2024-13", None),
    ],
)
def test_state_of_should_say_so_when_it_was_signed_on_paper(told: str, since: date | None) -> None:
    found = state_of(an_accord(concluded=told), [], TODAY)
    assert (found.on_paper, found.in_force_since) == (True, since)
    assert found.state == ("in-force" if since else "offered")
    assert found.missing == (GRONINGEN, BUSAN)


def test_state_of_should_say_ended_when_it_ended_whoever_signed() -> None:
    accord = an_accord(status="ended", ended_on=TODAY)
    assert state_of(accord, signed_by_all(accord, TODAY - DAY), TODAY).state == "ended"


_DAYS = st.integers(-3, 3).map(lambda number: TODAY + number * DAY)


@given(
    data=st.lists(
        st.tuples(
            st.sampled_from([GRONINGEN, BUSAN, UTRECHT]),
            st.booleans(),
            _DAYS,
            st.none() | _DAYS,
        ),
        max_size=5,
    ),
    valid=st.tuples(st.none() | _DAYS, st.none() | _DAYS),
)
@settings(max_examples=80)
def test_state_of_should_be_in_force_only_when_every_party_stands_by_what_it_says(
    data: Sequence[tuple[str, bool, date, date | None]], valid: tuple[date | None, date | None]
) -> None:
    accord = an_accord(valid_from=valid[0], valid_until=valid[1])
    digest = digest_of(accord)
    signatures = [
        signature_of(party, digest if same else HASH, on, number=number, withdrawn_on=gone)
        for number, (party, same, on, gone) in enumerate(data)
    ]
    found = state_of(accord, signatures, TODAY)
    assert found.state in ACCORD_STATES
    assert sorted((*found.signed, *found.missing)) == sorted(accord.parties)
    if found.state == "in-force":
        assert found.missing == ()
        assert found.in_force_since is not None
        assert found.in_force_since <= TODAY
        assert valid[1] is None or valid[1] >= TODAY
