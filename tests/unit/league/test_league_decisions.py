"""What operators decide, and what follows from what others say."""

from dataclasses import replace

import pytest

from hanze.errors import Conflicting
from hanze.league import deciding
from hanze.league.identity import KeyPair, fingerprint_of
from hanze.league.invitation import (
    Invitation,
    InvitationUsedUp,
    InvitationWrong,
    Request,
    make_invitation,
    read_token,
    request_with,
)
from hanze.league.known_keys import known_keys
from hanze.league.ledger import introducers, newest_records
from hanze.league.membership import (
    EVERYBODY,
    AlreadyMember,
    MemberAmbiguous,
    NoSuchMember,
    NotFounded,
    State,
    founded_of,
    trust_named,
)
from hanze.league.model import Contact, Peer, Share, Status
from hanze.league.registering import REGISTRATION_PREFIX, registration_of, wanted_registrations
from hanze.league.statements import Departure, StatementRefused, Verdict, make_statement
from hanze.league.viewing import peers_of
from tests.unit.league.league_people import NOW, Person, heard, node_of, said_by

A, B, C, D = (Person.called(name) for name in ("Apeldoorn", "Breda", "Coevorden", "Delft"))
LATER = "2026-05-03T12:00:00Z"
SECRET = KeyPair.made()


def _invited() -> tuple[State, str]:
    """Apeldoorn, which has made an invitation, and its text."""
    invitation, token = make_invitation(
        url="https://apeldoorn.example", key=A.key.thumbprint, expires_at=LATER, secret=SECRET
    )
    state = deciding.invited(node_of(A), invitation, SECRET.thumbprint, now=NOW)
    return state, token


def _welcome(state: State, token: str, person: Person, now: str = NOW) -> State:
    request = request_with(read_token(token), person.record().text)
    return deciding.welcomed(state, request, person.record(), now=now)


def _confirmed(*others: Person, node: Person = A) -> State:
    state = node_of(node)
    for one in others:
        state = deciding.joined(state, one.record(), now=NOW)
    return said_by(state, node)


def _statuses(state: State) -> dict[str, Status]:
    return {one.name: one.status for one in peers_of(state, {}, ())}


def test_node_should_be_founded_once() -> None:
    state = node_of(A)
    with pytest.raises(AlreadyMember):
        deciding.founded(state, founded_of(state).me, own_url=True)
    with pytest.raises(NotFounded):
        deciding.shared(State(), EVERYBODY, ())


def test_who_comes_with_an_invitation_should_wait_to_be_confirmed() -> None:
    state, token = _invited()
    state = said_by(_welcome(state, token, B), A)
    assert _statuses(state) == {"Breda": Status.INVITED}
    assert introducers(state.ledger, Verdict.KNOWS) == {}
    state = said_by(deciding.confirmed(state, "breda", now=NOW), A)
    assert _statuses(state) == {"Breda": Status.CONFIRMED}
    assert introducers(state.ledger, Verdict.KNOWS) == {B.id: (A.id,)}


def test_invitation_should_serve_once() -> None:
    state, token = _invited()
    state = _welcome(state, token, B)
    with pytest.raises(InvitationUsedUp):
        _welcome(state, token, C)


def test_invitation_should_end() -> None:
    state, token = _invited()
    with pytest.raises(InvitationUsedUp):
        _welcome(state, token, B, now=LATER)
    kept = deciding.invited(
        state, Invitation(key="k", expires_at="2027-01-01T00:00:00Z"), "x", now=LATER
    )
    assert set(kept.invitations) == {"x"}


def test_invitation_should_not_serve_who_only_saw_it_pass() -> None:
    state, token = _invited()
    seen = request_with(read_token(token), B.record().text)
    for other in (
        Request(invitation=seen.invitation, record=C.record().text, proof=seen.proof),
        Request(invitation=seen.invitation, record=seen.record, proof="!"),
        Request(invitation=C.id, record=seen.record, proof=seen.proof),
    ):
        with pytest.raises(InvitationUsedUp):
            deciding.welcomed(state, other, C.record(), now=NOW)


def test_what_is_kept_of_an_invitation_should_not_be_what_is_given_away() -> None:
    state, token = _invited()
    (kept,) = state.invitations.values()
    assert SECRET.seed in str(read_token(token))
    assert SECRET.seed not in str(kept)


@pytest.mark.parametrize("cut", [-1, 10, 30])
def test_token_should_be_copied_whole(cut: int) -> None:
    _, token = _invited()
    with pytest.raises(InvitationWrong):
        read_token(token[:cut])
    assert read_token(f" {token[:20]}\n{token[20:]} ") == read_token(token)


@pytest.mark.parametrize("token", ["", "hanze-league-", "hanze-league-AAAA", "x" * 2000])
def test_what_is_no_token_should_be_refused(token: str) -> None:
    with pytest.raises(InvitationWrong):
        read_token(token)


def test_member_that_is_known_should_not_come_again() -> None:
    state, token = _invited()
    with pytest.raises(AlreadyMember):
        _welcome(state, token, A)
    state = deciding.joined(state, B.record(), now=NOW)
    with pytest.raises(AlreadyMember):
        _welcome(state, token, B)
    with pytest.raises(AlreadyMember):
        deciding.joined(state, B.record(), now=NOW)
    with pytest.raises(AlreadyMember):
        deciding.joined(state, A.record(), now=NOW)


def test_introduced_member_should_get_what_anybody_gets() -> None:
    state = heard(_confirmed(B), [B.says(Verdict.KNOWS, C), C.record()])
    assert _statuses(state) == {"Breda": Status.CONFIRMED, "Coevorden": Status.INTRODUCED}
    assert known_keys(state)[C.key.thumbprint].status is Status.INTRODUCED
    (peer,) = (one for one in peers_of(state, {}, {C.id}) if one.name == "Coevorden")
    assert peer.introduced_by == (B.id,)
    assert peer.is_waiting
    assert registration_of(peer) is None


def test_ban_should_be_local_and_told_as_advice() -> None:
    state = said_by(deciding.banned(_confirmed(B), "Breda", reason="why", now=NOW), A)
    assert _statuses(state) == {"Breda": Status.BANNED}
    assert known_keys(state)[B.key.thumbprint].status is Status.BANNED
    assert introducers(state.ledger, Verdict.BANNED) == {B.id: (A.id,)}
    assert "why" not in str([one.said for one in state.ledger.values()])
    other = heard(_confirmed(A, B, node=D), list(state.ledger.values()))
    assert _statuses(other) == {"Apeldoorn": Status.CONFIRMED, "Breda": Status.CONFIRMED}
    (breda,) = (one for one in peers_of(other, {}, ()) if one.name == "Breda")
    assert breda.advised_against_by == (A.id,)


def test_banned_member_should_introduce_nobody() -> None:
    state = heard(_confirmed(B), [B.says(Verdict.KNOWS, C), C.record()])
    state = heard(deciding.banned(state, "Breda", reason="", now=NOW), [])
    assert _statuses(state) == {"Breda": Status.BANNED}


def test_ban_should_be_taken_back_without_trust() -> None:
    state = deciding.banned(_confirmed(B), "Breda", reason="why", now=NOW)
    with pytest.raises(deciding.NothingToConfirm):
        deciding.confirmed(state, "Breda", now=NOW)
    state = said_by(deciding.unbanned(state, "Breda", now=NOW), A)
    assert _statuses(state) == {"Breda": Status.INTRODUCED}
    assert introducers(state.ledger, Verdict.BANNED) == {}
    assert _statuses(deciding.confirmed(state, "Breda", now=NOW)) == {"Breda": Status.CONFIRMED}
    with pytest.raises(deciding.NothingToConfirm):
        deciding.unbanned(state, "Breda", now=NOW)


def test_new_key_should_be_followed_and_the_old_one_serve_for_a_while() -> None:
    rotated = B.rotated()
    state = heard(_confirmed(B), [rotated.record(2)])
    keys = known_keys(state)
    assert keys[rotated.key.thumbprint].until is None
    assert keys[B.key.thumbprint].until == "2026-05-01T13:00:00Z"
    (peer,) = peers_of(state, {}, ())
    assert (peer.id, peer.key, peer.status) == (B.id, rotated.key.thumbprint, Status.CONFIRMED)


def test_key_that_came_first_should_be_followed() -> None:
    rotated, thief = B.rotated(), B.rotated("thief")
    state = heard(_confirmed(B), [rotated.record(2)])
    state = heard(state, [thief.record(50), thief.rotated().record(60)])
    (peer,) = peers_of(state, {}, ())
    assert peer.key == rotated.key.thumbprint
    assert thief.key.thumbprint not in known_keys(state)


def test_every_key_of_a_banned_member_should_be_refused() -> None:
    rotated = B.rotated()
    state = heard(_confirmed(B), [rotated.record(2)])
    keys = known_keys(deciding.banned(state, "Breda", reason="", now=NOW))
    assert {keys[one.thumbprint].status for one in rotated.keys} == {Status.BANNED}


def test_who_left_should_be_refused_for_good() -> None:
    gone = make_statement(Departure(by=B.id, at=NOW, sequence=5), B.key)
    state = heard(_confirmed(B), [gone])
    assert _statuses(state) == {"Breda": Status.LEFT}
    assert known_keys(state)[B.key.thumbprint].status is Status.LEFT
    state = heard(state, [B.record(99)])
    assert _statuses(state) == {"Breda": Status.LEFT}
    with pytest.raises(deciding.NothingToConfirm):
        deciding.confirmed(state, "Breda", now=NOW)


def test_departure_should_be_said_by_the_member_itself() -> None:
    state = _confirmed(B, C)
    said = deciding.departure_of(node_of(B), B.key, now=NOW)
    assert _statuses(heard(state, [said])) == {
        "Breda": Status.LEFT,
        "Coevorden": Status.CONFIRMED,
    }


def test_rotation_should_be_said_with_everything_else() -> None:
    rotated = B.rotated()
    state = _confirmed(B)
    new = KeyPair.made()
    after = deciding.rotated(state, A.key, new, now=NOW)
    chain = founded_of(after).chain
    person = replace(A, keys=(*A.keys, new), chain=chain)
    after = heard(said_by(after, person), [rotated.record(2)])
    assert {one.key for one in after.ledger.values() if one.said.by == A.id} == {new.thumbprint}
    assert introducers(after.ledger, Verdict.KNOWS) == {B.id: (A.id,)}


def test_nothing_should_be_said_twice() -> None:
    state = _confirmed(B)
    assert said_by(state, A) is state


def test_members_should_be_found_as_people_call_them() -> None:
    state = _confirmed(B, C)
    fingerprint = fingerprint_of(B.key.thumbprint)
    for name in (
        "Breda",
        " BREDA",
        B.id,
        fingerprint,
        fingerprint[:11],
        fingerprint[:11].replace(" ", "-"),
    ):
        assert trust_named(state, name).said.by == B.id
    for name in ("Bred", fingerprint[:8], "", "Apeldoorn"):
        with pytest.raises(NoSuchMember):
            trust_named(state, name)


def test_members_of_one_name_should_be_told_apart_by_fingerprints() -> None:
    state = deciding.joined(_confirmed(B), C.record(name="Breda"), now=NOW)
    with pytest.raises(MemberAmbiguous, match=fingerprint_of(C.key.thumbprint)):
        trust_named(state, "Breda")


@pytest.mark.parametrize("name", [B.id, fingerprint_of(B.key.thumbprint)])
def test_whole_key_should_name_its_member_whatever_another_calls_itself(name: str) -> None:
    state = deciding.joined(_confirmed(B), C.record(name=name), now=NOW)
    assert trust_named(state, name).said.by == B.id


def test_what_a_member_says_should_not_end_in_a_new_line() -> None:
    with pytest.raises(StatementRefused):
        B.record(name="Breda\n")
    with pytest.raises(StatementRefused):
        B.record(url="https://breda.example\n")


def test_disputed_key_should_need_its_fingerprint() -> None:
    first, second = C.rotated(), C.rotated("thief")
    said = [B.says(Verdict.KNOWS, C), first.record(2), second.record(2)]
    state = heard(_confirmed(B), said)
    (peer,) = (one for one in peers_of(state, {}, ()) if one.name == "Coevorden")
    assert peer.is_disputed
    with pytest.raises(MemberAmbiguous):
        deciding.confirmed(state, "Coevorden", now=NOW)
    chosen = deciding.confirmed(state, fingerprint_of(first.key.thumbprint), now=NOW)
    assert chosen.records[C.id].key == first.key.thumbprint


def test_enough_members_should_introduce_one() -> None:
    others = [Person.called(name) for name in ("Ede", "Franeker", "Gouda")]
    said = [one.says(Verdict.KNOWS, D) for one in others]
    state = heard(_confirmed(*others), [*said, D.record()])
    state = said_by(deciding.confirmed(state, "Delft", now=NOW), A)
    assert A.id not in introducers(state.ledger, Verdict.KNOWS)[D.id]
    # Who said it goes on saying it.
    early = heard(_confirmed(*others, D), [*said, D.record()])
    assert A.id in introducers(said_by(early, A).ledger, Verdict.KNOWS)[D.id]


def test_sharing_should_be_with_all_and_with_one_besides() -> None:
    state = _confirmed(B)
    assert state.shares_with(B.id) == (Share(),)
    state = deciding.shared(state, EVERYBODY, [Share(("Bin",))])
    state = deciding.shared(state, B.id, [Share(("Road",)), Share(("Road",))])
    assert state.shares_with(B.id) == (Share(("Bin",)), Share(("Road",)))
    assert state.shares_with(C.id) == (Share(("Bin",)),)
    assert deciding.shared(state, EVERYBODY, None).shares_with(C.id) == (Share(),)
    assert deciding.shared(state, EVERYBODY, ()).shares_with(C.id) == ()


def _peer(**changed: object) -> Peer:
    (peer,) = peers_of(_confirmed(B), {B.id: Contact(at=NOW)}, ())
    given = {name: getattr(peer, name) for name in Peer.__struct_fields__}
    return Peer(**{**given, **changed})


def test_registration_should_be_of_what_is_shared() -> None:
    peer = _peer(shares=(Share(("urn:x:B", "urn:x:A")), Share(("urn:x:A",), ("/Breda",))))
    document = registration_of(peer)
    assert document is not None
    assert document["information"] == [{"entities": [{"type": "urn:x:A"}, {"type": "urn:x:B"}]}]
    assert "scope" not in document
    narrow = registration_of(_peer(shares=(Share(("urn:x:A",), ("/Breda",)),)))
    assert narrow is not None
    assert narrow["scope"] == ["/Breda"]
    assert set(wanted_registrations((peer,))) == {REGISTRATION_PREFIX + B.id}


@pytest.mark.parametrize("status", [one for one in Status if one is not Status.CONFIRMED])
def test_who_is_not_confirmed_should_not_be_registered(status: Status) -> None:
    assert registration_of(_peer(status=status, shares=(Share(("urn:x:A",)),))) is None
    assert registration_of(_peer(shares=())) is None


def test_keys_should_not_be_rotated_without_end() -> None:
    state = node_of(A)
    known = founded_of(state)
    long = replace(state, founded=type(known)(me=known.me, chain=("x",) * 24))
    with pytest.raises(Conflicting):
        deciding.rotated(long, A.key, B.key, now=NOW)


def test_newest_record_of_a_member_should_count() -> None:
    state = heard(_confirmed(B), [B.record(3, url="https://new.example"), B.record(2)])
    (peer,) = peers_of(state, {}, ())
    assert peer.url == "https://new.example"
    assert B.id in newest_records(state.ledger)
