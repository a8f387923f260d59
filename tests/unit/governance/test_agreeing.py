import pytest
from msgspec.structs import replace

from hanze.governance.agreeing import (
    AgreementEnded,
    NotAParty,
    PartySignedBefore,
    SignatureOfOtherTerms,
    StatuteBinds,
    VersionOutOfTurn,
    ends_at,
    is_signed,
    new_version,
    revoked,
    signed,
    state_of,
    with_signature,
)
from hanze.governance.policy import ODRL, PolicyNotSupported
from hanze.governance.records.agreement import Agreement, AgreementState, Rule, Statute
from tests.governing import CARE, NOW, OTHER, OWNER, RESEARCH, an_agreement, both_signed

STATUTE = Statute(article="Politiewet 2012, art. 8", authority="police", until="2026-05-31")


def by_owner(agreement: Agreement) -> Agreement:
    return signed(agreement, party=OWNER, by="alderman", now=NOW)


class TestStateOf:
    @pytest.mark.parametrize(
        ("agreement", "now", "state"),
        [
            (an_agreement(), NOW, AgreementState.OFFERED),
            (by_owner(an_agreement()), NOW, AgreementState.OFFERED),
            (both_signed(an_agreement()), NOW, AgreementState.ACTIVE),
            (both_signed(an_agreement()), "2025-12-31T00:00:00Z", AgreementState.PENDING),
            (both_signed(an_agreement()), "2027-01-01T00:00:00Z", AgreementState.EXPIRED),
            (an_agreement(), "2027-01-01T00:00:00Z", AgreementState.EXPIRED),
            (both_signed(an_agreement(statute=STATUTE)), NOW, AgreementState.EXPIRED),
        ],
    )
    def test_it_should_follow_signatures_and_time(
        self, agreement: Agreement, now: str, state: AgreementState
    ) -> None:
        assert state_of(agreement, now) is state

    def test_it_should_say_what_a_newer_version_replaced(self) -> None:
        old = both_signed(an_agreement())
        newer = both_signed(new_version(old, an_agreement(RESEARCH), now=NOW), now=NOW)
        assert state_of(old, NOW, counting=newer) is AgreementState.SUPERSEDED
        assert state_of(newer, NOW, counting=newer) is AgreementState.ACTIVE

    def test_it_should_say_what_was_revoked(self) -> None:
        ended = revoked(both_signed(an_agreement()), by="alderman", reason="Over", now=NOW)
        assert state_of(ended, NOW) is AgreementState.REVOKED


def test_ends_at_should_be_the_earlier_end() -> None:
    assert ends_at(an_agreement()) == "2027-01-01T00:00:00Z"
    assert ends_at(an_agreement(statute=STATUTE)) == "2026-06-01T00:00:00Z"
    later = replace(STATUTE, until="2030-01-01")
    assert ends_at(an_agreement(statute=later)) == "2027-01-01T00:00:00Z"


class TestSigned:
    def test_it_should_need_both(self) -> None:
        half = by_owner(an_agreement())
        assert not is_signed(half)
        whole = signed(half, party=OTHER, by="director", now=NOW, node="zwolle")
        assert is_signed(whole)
        assert whole.signatures[1].node == "zwolle"

    def test_it_should_refuse_who_is_no_party(self) -> None:
        with pytest.raises(NotAParty, match="urn:else"):
            signed(an_agreement(), party="urn:else", by="someone", now=NOW)

    def test_it_should_refuse_who_has_signed(self) -> None:
        with pytest.raises(PartySignedBefore):
            by_owner(by_owner(an_agreement()))

    def test_it_should_refuse_what_has_ended(self) -> None:
        with pytest.raises(AgreementEnded):
            signed(an_agreement(), party=OWNER, by="alderman", now="2028-01-01T00:00:00Z")

    def test_it_should_refuse_what_is_not_supported(self) -> None:
        odd = an_agreement(prohibitions=(Rule(action=ODRL + "sell"),))
        with pytest.raises(PolicyNotSupported):
            by_owner(odd)

    def test_it_should_refuse_a_signature_of_other_terms(self) -> None:
        (signature,) = by_owner(an_agreement()).signatures
        assert with_signature(an_agreement(), signature, now=NOW).signatures == (signature,)
        with pytest.raises(SignatureOfOtherTerms):
            with_signature(an_agreement(RESEARCH), signature, now=NOW)


class TestRevoked:
    def test_it_should_refuse_what_rests_on_statute_and_cite_the_article(self) -> None:
        binding = both_signed(an_agreement(statute=replace(STATUTE, until="2026-12-31")))
        with pytest.raises(StatuteBinds, match=STATUTE.article) as refused:
            revoked(binding, by="alderman", reason="Over", now=NOW)
        assert refused.value.clause == STATUTE.article

    def test_it_should_take_back_an_offer_that_names_a_statute(self) -> None:
        offer = an_agreement(statute=replace(STATUTE, until="2026-12-31"))
        assert revoked(offer, by="alderman", reason="A mistake", now=NOW).revocation is not None

    def test_it_should_refuse_what_has_ended(self) -> None:
        ended = revoked(both_signed(an_agreement()), by="alderman", reason="Over", now=NOW)
        with pytest.raises(AgreementEnded):
            revoked(ended, by="alderman", reason="Again", now=NOW)


class TestNewVersion:
    def test_it_should_have_to_be_signed_again(self) -> None:
        old = both_signed(an_agreement())
        newer = new_version(old, replace(old, targets=("urn:other",)), now=NOW)
        assert (newer.version, newer.signatures, newer.created_at) == (2, (), NOW)
        assert newer.targets == ("urn:other",)

    @pytest.mark.parametrize("name", ["id", "assigner", "assignee", "home"])
    def test_it_should_stay_the_same_agreement(self, name: str) -> None:
        with pytest.raises(VersionOutOfTurn) as refused:
            new_version(an_agreement(), an_agreement(CARE, **{name: "urn:else"}), now=NOW)
        assert refused.value.field == name

    def test_it_should_refuse_what_was_revoked(self) -> None:
        ended = revoked(an_agreement(), by="alderman", reason="Over", now=NOW)
        with pytest.raises(AgreementEnded):
            new_version(ended, an_agreement(), now=NOW)

    def test_it_should_refuse_what_is_not_supported(self) -> None:
        odd = an_agreement(prohibitions=(Rule(action=ODRL + "sell"),))
        with pytest.raises(PolicyNotSupported):
            new_version(an_agreement(), odd, now=NOW)
