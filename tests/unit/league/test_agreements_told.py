"""What nodes say to each other of agreements, and what of it is believed."""

from typing import Final

import msgspec
import pytest

from hanze.governance.agreeing import StatuteBinds, is_signed, signed
from hanze.governance.policy import terms_digest
from hanze.governance.records.agreement import Agreement, Revocation, Signature, Statute
from hanze.league.agreements import (
    AgreementNotTheirs,
    Parties,
    copied,
    counts,
    merged,
    other_member,
    pending,
)
from hanze.league.sharing import member_of, organisation_of
from tests.governing import NOW, OWNER, an_agreement

HOME, OTHER = "h" * 43, "o" * 43
CONSUMER: Final = "urn:ngsi-ld:Organization:zwolle"
#: As the home sees itself and the other, and the other way round.
AT_HOME: Final = Parties(OWNER, HOME, OTHER)
ABROAD: Final = Parties(CONSUMER, OTHER, HOME)
OFFERED: Final = an_agreement(assignee=organisation_of(OTHER))
SIGNED: Final = signed(OFFERED, party=OWNER, by="owner", now=NOW)


def copy_of(agreement: Agreement, present: Agreement | None = None, *, taken: bool) -> Agreement:
    return copied(AT_HOME.outward(agreement), present, ABROAD, taken=taken)


def test_each_node_should_call_itself_as_its_people_do() -> None:
    copy = copy_of(SIGNED, taken=False)
    assert (copy.assigner, copy.assignee) == (organisation_of(HOME), CONSUMER)
    assert (copy.home, [one.node for one in copy.signatures]) == (HOME, [HOME])
    assert copy.signatures[0].digest == terms_digest(copy)
    back = AT_HOME.inward(ABROAD.outward(copy))
    assert terms_digest(back) == terms_digest(SIGNED)
    assert member_of(organisation_of(HOME)) == HOME
    assert other_member(SIGNED, OWNER) == OTHER
    assert other_member(an_agreement(), OWNER) is None


def test_signature_of_the_other_should_count_at_home() -> None:
    copy = signed(copy_of(SIGNED, taken=False), party=CONSUMER, by="consumer", now=NOW)
    made = merged(SIGNED, ABROAD.outward(copy), AT_HOME, now=NOW)
    assert is_signed(made)
    assert made.signatures[1].node == OTHER
    assert made.signatures[1].digest == terms_digest(made)
    assert merged(made, ABROAD.outward(copy), AT_HOME, now=NOW) == made


def test_signature_of_other_terms_should_not_count() -> None:
    copy = signed(copy_of(SIGNED, taken=False), party=CONSUMER, by="consumer", now=NOW)
    other = msgspec.structs.replace(ABROAD.outward(copy), valid_until="2030-01-01T00:00:00Z")
    with pytest.raises(Exception, match="not of these terms"):
        merged(SIGNED, other, AT_HOME, now=NOW)


def test_home_should_not_sign_for_the_other() -> None:
    forged = msgspec.structs.replace(
        SIGNED,
        signatures=(
            *SIGNED.signatures,
            Signature(party=organisation_of(OTHER), by="eve", at=NOW, digest=""),
        ),
    )
    for taken in (False, True):
        assert [one.party for one in copy_of(forged, taken=taken).signatures] == [
            organisation_of(HOME)
        ]


def test_own_signature_should_stay_until_its_home_knows_better() -> None:
    first = copy_of(SIGNED, taken=False)
    own = signed(first, party=CONSUMER, by="consumer", now=NOW)
    assert is_signed(copy_of(SIGNED, own, taken=False))
    # It was told, and does not have it: what its home says is all.
    assert not is_signed(copy_of(SIGNED, own, taken=True))
    changed = msgspec.structs.replace(SIGNED, valid_until="2030-01-01T00:00:00Z")
    assert not is_signed(copy_of(changed, own, taken=False))


def test_what_is_between_others_should_be_refused() -> None:
    with pytest.raises(AgreementNotTheirs):
        copied(AT_HOME.outward(an_agreement()), None, ABROAD, taken=False)
    with pytest.raises(AgreementNotTheirs):
        merged(an_agreement(), SIGNED, AT_HOME, now=NOW)


def test_what_rests_on_statute_should_not_be_revoked_from_abroad() -> None:
    statute = Statute(article="Politiewet 2012, art. 8", authority="Police", until="2027-01-01")
    bound = msgspec.structs.replace(OFFERED, statute=statute)
    for party in (OWNER, organisation_of(OTHER)):
        bound = signed(bound, party=party, by="someone", now=NOW)
    copy = copy_of(bound, taken=False)
    ended = msgspec.structs.replace(
        copy, revocation=Revocation(by="consumer", at=NOW, reason="No more")
    )
    with pytest.raises(StatuteBinds):
        merged(bound, ABROAD.outward(ended), AT_HOME, now=NOW)
    # The home's answer puts the copy right.
    assert copy_of(bound, ended, taken=True).revocation is None


def test_home_should_not_undo_what_the_owner_of_the_data_revoked() -> None:
    """The consumer's node may be the home: then it might like to keep what it has."""
    theirs = Parties(CONSUMER, OTHER, HOME)
    ours = Parties(OWNER, HOME, OTHER)
    at_consumer = an_agreement(assigner=organisation_of(HOME), assignee=CONSUMER)
    for party in (organisation_of(HOME), CONSUMER):
        at_consumer = signed(at_consumer, party=party, by="someone", now=NOW)
    told = theirs.outward(at_consumer)
    first = copied(told, None, ours, taken=False)
    mine = signed(first, party=OWNER, by="owner", now=NOW)
    ended = msgspec.structs.replace(
        mine, revocation=Revocation(by="owner", at=NOW, reason="No more")
    )
    assert copied(told, mine, ours, taken=True).revocation is None
    assert copied(told, ended, ours, taken=True).revocation == ended.revocation


def test_home_should_confirm_only_what_counts_there() -> None:
    both = signed(SIGNED, party=organisation_of(OTHER), by="consumer", now=NOW)
    gone = msgspec.structs.replace(both, revocation=Revocation(by="o", at=NOW, reason="r"))
    newer = msgspec.structs.replace(both, version=2)
    assert counts([both], [both])
    assert not counts([both], [gone])
    assert not counts([both], [both, newer])
    assert not counts([both], [])
    assert not counts([SIGNED], [SIGNED])


def test_only_what_happened_since_should_be_told() -> None:
    copy = copy_of(SIGNED, taken=False)
    told = {(copy.id, copy.version): "urn:x|False"}
    assert pending([copy], told) == [copy]
