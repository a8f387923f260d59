import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from hanze.governance.grounds import EVERYBODY, Ground, ground_for, purposes_bound
from hanze.governance.policy import DATE_TIME, ODRL, permission
from hanze.governance.reasons import Reason
from hanze.governance.records.agreement import Constraint, Revocation, Rule, Statute
from hanze.governance.records.consent import Consent, ConsentEnd, ConsentState
from hanze.governance.records.dataset import AccessRights, Dataset, NonPublication
from hanze.governance.rules import Rules
from hanze.identity.caller import ANONYMOUS, Caller
from hanze.ngsild.moment import format_datetime, parse_datetime
from tests.governing import (
    CARE,
    CARE_DATA,
    CARE_FRAUD,
    FRAUD,
    NOW,
    OTHER,
    OWNER,
    PATIENT,
    RESEARCH,
    SCIENCE,
    a_caller,
    a_consent,
    a_dataset,
    a_project,
    an_activity,
    an_agreement,
    both_signed,
    rules_of,
)

NOW_US = parse_datetime(NOW)
AGREED = both_signed(an_agreement())


def ground(rules: Rules, caller: Caller, now: str = NOW, dataset: str = CARE_DATA) -> Ground:
    return ground_for(rules, rules.datasets[dataset], caller, parse_datetime(now))


def refusal(rules: Rules, caller: Caller, now: str = NOW, dataset: str = CARE_DATA) -> Reason:
    found = ground(rules, caller, now, dataset)
    assert not found.allowed
    assert found.reason is not None
    return found.reason


def at(operator: str, moment: str) -> Constraint:
    return Constraint(left_operand=DATE_TIME, operator=ODRL + operator, right_operand=(moment,))


def when(*constraints: Constraint) -> Rule:
    (purpose,) = permission(CARE).constraints
    return Rule(action=ODRL + "read", constraints=(purpose, *constraints))


class TestWithoutAgreement:
    def test_nobody_should_read_what_has_no_access_rights(self) -> None:
        rules = rules_of(a_dataset(access_rights=None, subject=PATIENT), AGREED)
        callers = (
            ANONYMOUS,
            a_caller(),
            a_caller(organisation=OWNER),
            a_caller(None, roles=frozenset({"resident"}), subject="anna"),
        )
        for caller in callers:
            assert refusal(rules, caller) is Reason.NO_ACCESS_RIGHTS

    def test_everybody_should_read_what_is_public(self) -> None:
        rules = rules_of(a_dataset(access_rights=AccessRights.PUBLIC))
        assert ground(rules, ANONYMOUS) == Ground(is_open=True)

    @pytest.mark.parametrize("rights", [AccessRights.RESTRICTED, AccessRights.NON_PUBLIC])
    def test_closed_data_should_tell_that_a_purpose_is_needed_and_nothing_else(
        self, rights: AccessRights
    ) -> None:
        for rules in (
            rules_of(a_dataset(access_rights=rights)),
            rules_of(a_dataset(access_rights=rights), AGREED),
        ):
            for caller in (ANONYMOUS, a_caller(None), a_caller(None, organisation=OWNER)):
                assert refusal(rules, caller) is Reason.PURPOSE_REQUIRED

    def test_others_should_have_no_agreement_when_there_is_none(self) -> None:
        rules = rules_of(a_dataset())
        assert refusal(rules, a_caller()) is Reason.NO_AGREEMENT
        assert refusal(rules, a_caller(organisation=None)) is Reason.NO_AGREEMENT

    def test_no_role_should_open_closed_data(self) -> None:
        roles = frozenset({"writer", "operator", "auditor", "steward", "security-officer", "owner"})
        assert refusal(rules_of(a_dataset()), a_caller(roles=roles)) is Reason.NO_AGREEMENT

    def test_the_owner_should_read_for_the_purposes_of_the_dataset_alone(self) -> None:
        for rights in (AccessRights.RESTRICTED, AccessRights.NON_PUBLIC):
            rules = rules_of(a_dataset(access_rights=rights))
            assert ground(rules, a_caller(organisation=OWNER)) == Ground()
            other = a_caller(CARE_FRAUD, organisation=OWNER)
            assert refusal(rules, other) is Reason.PURPOSE_MISMATCH

    def test_what_nobody_owns_should_be_of_the_organisation_that_runs_the_node(self) -> None:
        rules = rules_of(a_dataset(owner=""), own=OWNER)
        assert ground(rules, a_caller(organisation=OWNER)).allowed
        nobody_s = rules_of(a_dataset(owner=""))
        for organisation in ("", None):
            assert not ground(nobody_s, a_caller(organisation=organisation)).allowed

    def test_an_overdue_review_should_not_open_data(self) -> None:
        decision = NonPublication(
            ground="privacy", decided_by="college", decided_at="2020-01-01", review_at="2021-01-01"
        )
        rules = rules_of(a_dataset(non_publication=decision))
        assert refusal(rules, a_caller()) is Reason.NO_AGREEMENT


class TestUnderAnAgreement:
    def test_the_consumer_should_read_for_the_agreed_purpose(self) -> None:
        found = ground(rules_of(a_dataset(), AGREED), a_caller())
        assert found == Ground(until=parse_datetime(AGREED.valid_until), agreement=f"{AGREED.id}#1")

    def test_another_purpose_should_be_a_mismatch(self) -> None:
        rules = rules_of(a_dataset(), AGREED)
        assert refusal(rules, a_caller(RESEARCH)) is Reason.PURPOSE_MISMATCH

    def test_others_than_the_consumer_should_get_nothing_from_it(self) -> None:
        rules = rules_of(a_dataset(), AGREED)
        assert refusal(rules, a_caller(organisation="urn:else")) is Reason.NO_AGREEMENT

    def test_it_should_not_count_when_one_side_has_not_signed(self) -> None:
        offer = an_agreement()
        for party in ((), (OWNER,), (OTHER,)):
            signatures = tuple(one for one in AGREED.signatures if one.party in party)
            rules = rules_of(a_dataset(), replace(offer, signatures=signatures))
            assert refusal(rules, a_caller()) is Reason.NO_AGREEMENT

    def test_it_should_not_count_when_its_assigner_is_not_the_owner(self) -> None:
        agreed = both_signed(an_agreement(assigner="urn:else"))
        assert refusal(rules_of(a_dataset(), agreed), a_caller()) is Reason.NO_AGREEMENT

    def test_it_should_not_open_what_is_for_its_owner_alone(self) -> None:
        rules = rules_of(a_dataset(access_rights=AccessRights.NON_PUBLIC), AGREED)
        assert refusal(rules, a_caller()) is Reason.NO_AGREEMENT

    @pytest.mark.parametrize(
        ("now", "reason"),
        [
            ("2025-12-31T23:59:59.999999Z", Reason.NOT_YET_VALID),
            ("2026-01-01T00:00:00Z", None),
            ("2026-12-31T23:59:59.999999Z", None),
            ("2027-01-01T00:00:00Z", Reason.EXPIRED),
        ],
    )
    def test_it_should_hold_within_its_time_alone(self, now: str, reason: Reason | None) -> None:
        found = ground(rules_of(a_dataset(), AGREED), a_caller(), now)
        assert (found.allowed, found.reason) == (reason is None, reason)

    def test_it_should_end_with_the_day_that_the_statute_names(self) -> None:
        statute = Statute(article="Politiewet 2012, art. 8", authority="police", until="2026-05-31")
        rules = rules_of(a_dataset(), both_signed(an_agreement(statute=statute)))
        assert ground(rules, a_caller(), "2026-05-31T23:59:59Z").allowed
        assert refusal(rules, a_caller(), "2026-06-01T00:00:00Z") is Reason.EXPIRED

    def test_it_should_not_hold_once_it_is_revoked(self) -> None:
        revocation = Revocation(by="someone", at=NOW, reason="It is over")
        rules = rules_of(a_dataset(), replace(AGREED, revocation=revocation))
        assert refusal(rules, a_caller()) is Reason.REVOKED
        assert refusal(rules, a_caller(RESEARCH)) is Reason.REVOKED

    def test_a_prohibition_should_beat_a_permission(self) -> None:
        prohibition = Rule(action=ODRL + "use", constraints=permission(RESEARCH).constraints)
        agreed = both_signed(an_agreement(CARE, RESEARCH, SCIENCE, prohibitions=(prohibition,)))
        rules = rules_of(a_dataset(), agreed)
        assert ground(rules, a_caller()).allowed
        assert refusal(rules, a_caller(RESEARCH)) is Reason.PROHIBITED
        # What is prohibited is so for what is narrower, too.
        assert refusal(rules, a_caller(SCIENCE)) is Reason.PROHIBITED

    def test_a_prohibition_should_beat_the_permission_of_another_agreement(self) -> None:
        other = an_agreement(
            RESEARCH,
            id="urn:ngsi-ld:Agreement:groningen:2",
            prohibitions=(Rule(action=ODRL + "use"),),
        )
        rules = rules_of(a_dataset(), AGREED, both_signed(other))
        assert refusal(rules, a_caller()) is Reason.PROHIBITED

    def test_a_permission_that_is_not_understood_should_permit_nothing(self) -> None:
        odd = Constraint(left_operand=ODRL + "spatial", operator=ODRL + "eq", right_operand=("NL",))
        for rule in (
            when(odd),
            when(at("eq", NOW)),
            Rule(action=ODRL + "sell", constraints=permission(CARE).constraints),
            Rule(action=ODRL + "read"),
        ):
            agreed = replace(AGREED, permissions=(rule,))
            assert refusal(rules_of(a_dataset(), agreed), a_caller()) is Reason.PURPOSE_MISMATCH

    @pytest.mark.parametrize(
        ("rule", "reason"),
        [
            (when(at("lt", NOW)), Reason.EXPIRED),
            (when(at("lteq", NOW)), None),
            (when(at("gteq", NOW)), None),
            (when(at("gt", NOW)), Reason.NOT_YET_VALID),
            (when(at("lt", "2026-05-01T00:00:00Z")), Reason.EXPIRED),
            (when(at("gt", "2026-07-01T00:00:00Z")), Reason.NOT_YET_VALID),
            (when(at("gt", "2026-05-01T00:00:00Z"), at("lt", "2026-07-01T00:00:00Z")), None),
        ],
    )
    def test_a_permission_should_hold_within_its_own_time(
        self, rule: Rule, reason: Reason | None
    ) -> None:
        found = ground(rules_of(a_dataset(), replace(AGREED, permissions=(rule,))), a_caller())
        assert found.allowed is (reason is None)
        assert found.reason is reason

    def test_a_prohibition_should_hold_within_its_own_time(self) -> None:
        night = Rule(action=ODRL + "use", constraints=(at("gteq", "2026-06-01T20:00:00Z"),))
        rules = rules_of(a_dataset(), both_signed(an_agreement(prohibitions=(night,))))
        found = ground(rules, a_caller())
        assert found.allowed
        assert found.until == parse_datetime("2026-06-01T20:00:00Z")
        assert refusal(rules, a_caller(), "2026-06-01T20:00:00Z") is Reason.PROHIBITED

    def test_the_most_telling_reason_should_be_given_of_several_agreements(self) -> None:
        revocation = Revocation(by="someone", at=NOW, reason="It is over")
        revoked = replace(AGREED, revocation=revocation)
        research = both_signed(an_agreement(RESEARCH, id="urn:ngsi-ld:Agreement:groningen:2"))
        rules = rules_of(a_dataset(), revoked, research)
        assert refusal(rules, a_caller()) is Reason.REVOKED
        assert ground(rules, a_caller(RESEARCH)).allowed
        assert refusal(rules, a_caller(CARE_FRAUD)) is Reason.PURPOSE_MISMATCH


class TestKeptByAnotherNode:
    def test_it_should_not_count_when_it_was_never_confirmed(self) -> None:
        agreed = replace(AGREED, home="groningen")
        assert refusal(rules_of(a_dataset(), agreed), a_caller()) is Reason.NOT_CONFIRMED

    def test_it_should_count_for_as_long_as_a_confirmation_does(self) -> None:
        agreed = replace(AGREED, home="groningen")
        rules = rules_of(a_dataset(), agreed, confirmed=[(agreed.id, NOW)], confirm_s=30.0)
        found = ground(rules, a_caller())
        assert found.allowed
        assert found.until == NOW_US + 30_000_000
        assert ground(rules, a_caller(), "2026-06-01T12:00:29.999999Z").allowed
        assert refusal(rules, a_caller(), "2026-06-01T12:00:30Z") is Reason.NOT_CONFIRMED

    def test_a_prohibition_should_count_even_when_it_is_not_confirmed(self) -> None:
        agreed = both_signed(an_agreement(prohibitions=(Rule(action=ODRL + "use"),)))
        rules = rules_of(a_dataset(), replace(agreed, home="groningen"))
        assert refusal(rules, a_caller()) is Reason.PROHIBITED


class TestNarrowerPurposes:
    def test_they_should_pass_only_when_both_opted_in(self) -> None:
        plain = rules_of(a_dataset(), both_signed(an_agreement(RESEARCH)))
        assert refusal(plain, a_caller(SCIENCE)) is Reason.PURPOSE_MISMATCH
        opted_in = rules_of(a_dataset(), both_signed(an_agreement(RESEARCH, opens_narrower=True)))
        assert ground(opted_in, a_caller(SCIENCE)).allowed

    def test_broader_ones_should_never_pass(self) -> None:
        rules = rules_of(a_dataset(), both_signed(an_agreement(SCIENCE, opens_narrower=True)))
        assert refusal(rules, a_caller(RESEARCH)) is Reason.PURPOSE_MISMATCH

    def test_care_should_never_admit_the_detection_of_fraud(self) -> None:
        rules = rules_of(a_dataset(), both_signed(an_agreement(CARE, opens_narrower=True)))
        for purpose in (CARE_FRAUD, FRAUD):
            assert refusal(rules, a_caller(purpose)) is Reason.PURPOSE_MISMATCH
        named = rules_of(a_dataset(), both_signed(an_agreement(CARE_FRAUD)))
        assert ground(named, a_caller(CARE_FRAUD)).allowed


class TestActivities:
    def test_a_purpose_should_be_registered_for_the_activity(self) -> None:
        agreed = both_signed(an_agreement(CARE, RESEARCH))
        rules = rules_of(a_dataset(), agreed, an_activity())
        caller = a_caller(activity=an_activity().id)
        assert ground(rules, caller).allowed
        research = a_caller(RESEARCH, activity=an_activity().id)
        assert refusal(rules, research) is Reason.PURPOSE_NOT_REGISTERED
        unknown = a_caller(activity="urn:else")
        assert refusal(rules, unknown) is Reason.PURPOSE_NOT_REGISTERED

    def test_a_purpose_should_be_one_of_the_credentials(self) -> None:
        caller = a_caller(purposes=frozenset({RESEARCH}))
        assert refusal(rules_of(a_dataset(), AGREED), caller) is Reason.PURPOSE_NOT_REGISTERED

    def test_nothing_closed_should_be_used_while_the_project_is_not_active(self) -> None:
        activity = an_activity(project=a_project(active=True).id)
        caller = a_caller(activity=activity.id)
        active = rules_of(a_dataset(), AGREED, activity, a_project(active=True))
        assert ground(active, caller).allowed
        for rules in (
            rules_of(a_dataset(), AGREED, activity, a_project(active=False)),
            rules_of(a_dataset(), AGREED, activity),
        ):
            assert refusal(rules, caller) is Reason.PROJECT_NOT_ACTIVE


class TestConsent:
    ASKING = a_dataset(consent=True, subject=PATIENT)

    def test_nobody_should_be_read_about_who_did_not_consent(self) -> None:
        rules = rules_of(self.ASKING, AGREED)
        assert refusal(rules, a_caller()) is Reason.NO_CONSENT
        assert refusal(rules, a_caller(organisation=OWNER)) is Reason.NO_CONSENT

    def test_those_should_be_read_about_who_consented(self) -> None:
        rules = rules_of(self.ASKING, AGREED, a_consent("anna"), a_consent("bert"))
        found = ground(rules, a_caller())
        assert found.only == frozenset({"anna", "bert"})
        assert (found.allowed, found.reason, found.is_open) == (True, Reason.NO_CONSENT, False)

    @pytest.mark.parametrize(
        "consent",
        [
            a_consent("anna", purposes=(RESEARCH,)),
            a_consent("anna", recipients=(OWNER,)),
            a_consent("anna", dataset="urn:else"),
            a_consent("anna", expires_at=NOW),
            a_consent("anna", given_at="2026-06-01T12:00:00.000001Z"),
            a_consent("anna", end=ConsentEnd(state=ConsentState.WITHDRAWN, at=NOW, by="anna")),
        ],
    )
    def test_a_consent_should_not_count_when_it_is_another_one_or_over(
        self, consent: Consent
    ) -> None:
        assert refusal(rules_of(self.ASKING, AGREED, consent), a_caller()) is Reason.NO_CONSENT

    def test_it_should_be_decided_again_when_a_consent_begins_or_expires(self) -> None:
        later, sooner = "2026-06-01T12:00:05Z", "2026-06-01T12:00:00.5Z"
        rules = rules_of(
            self.ASKING,
            AGREED,
            a_consent("anna", expires_at=later),
            a_consent("bert", given_at=sooner),
        )
        assert ground(rules, a_caller()).until == parse_datetime(sooner)
        assert ground(rules, a_caller(), sooner).until == parse_datetime(later)
        assert ground(rules, a_caller(), later).only == frozenset({"bert"})

    def test_what_does_not_name_its_subjects_should_stay_closed(self) -> None:
        rules = rules_of(a_dataset(consent=True), AGREED, a_consent("anna"))
        assert refusal(rules, a_caller()) is Reason.NO_CONSENT

    def test_what_is_public_should_show_those_who_consented_to_publication(self) -> None:
        public = replace(self.ASKING, access_rights=AccessRights.PUBLIC)
        rules = rules_of(public, a_consent("anna", recipients=(EVERYBODY,)), a_consent("bert"))
        assert ground(rules, ANONYMOUS).only == frozenset({"anna"})
        assert ground(rules, a_caller(RESEARCH)).only == frozenset({"anna", "bert"})

    def test_consent_should_be_no_agreement(self) -> None:
        rules = rules_of(self.ASKING, a_consent("anna"))
        assert refusal(rules, a_caller()) is Reason.NO_AGREEMENT


class TestResidents:
    ANNA = a_caller(None, organisation=None, roles=frozenset({"resident"}), subject="anna")

    def test_residents_should_read_what_is_about_themselves(self) -> None:
        found = ground(rules_of(a_dataset(subject=PATIENT)), self.ANNA)
        assert (found.allowed, found.only) == (True, frozenset({"anna"}))

    def test_residents_should_not_be_told_of_an_investigation(self) -> None:
        rules = rules_of(a_dataset(subject=PATIENT, confidential=True))
        assert refusal(rules, self.ANNA) is Reason.PURPOSE_REQUIRED

    def test_others_should_have_no_data_of_their_own(self) -> None:
        for caller in (
            a_caller(None, subject="anna"),
            a_caller(None, roles=frozenset({"resident"})),
        ):
            rules = rules_of(a_dataset(subject=PATIENT))
            assert refusal(rules, caller) is Reason.PURPOSE_REQUIRED
        assert refusal(rules_of(a_dataset()), self.ANNA) is Reason.PURPOSE_REQUIRED

    def test_residents_should_read_about_themselves_beside_those_who_consented(self) -> None:
        public = a_dataset(access_rights=AccessRights.PUBLIC, consent=True, subject=PATIENT)
        rules = rules_of(public, a_consent("bert", recipients=(EVERYBODY,)))
        assert ground(rules, self.ANNA).only == frozenset({"anna", "bert"})
        rules = rules_of(a_dataset(access_rights=AccessRights.PUBLIC, subject=PATIENT))
        assert ground(rules, self.ANNA).only is None


class TestDerived:
    def bound(self, *datasets: Dataset) -> frozenset[str] | None:
        return purposes_bound({one.id: one for one in datasets}, datasets[0])

    def test_it_should_carry_the_intersection_of_its_inputs(self) -> None:
        derived = a_dataset(derived_from=("a", "b"))
        a = a_dataset(id="a", purposes=(CARE, RESEARCH))
        b = a_dataset(id="b", purposes=(RESEARCH, SCIENCE))
        assert self.bound(derived, a, b) == frozenset({RESEARCH})
        assert self.bound(derived, a) == frozenset()
        public = replace(b, access_rights=AccessRights.PUBLIC)
        assert self.bound(derived, a, public) == frozenset({CARE, RESEARCH})
        assert self.bound(derived, replace(a, access_rights=None), public) == frozenset()
        assert self.bound(a_dataset(), a) is None

    def test_it_should_look_as_far_back_as_there_is_something(self) -> None:
        a = a_dataset(id="a", purposes=(), derived_from=("b",))
        b = a_dataset(id="b", access_rights=AccessRights.PUBLIC, derived_from=("c", "a"))
        c = a_dataset(id="c", purposes=(RESEARCH,), derived_from=("a", CARE_DATA))
        assert self.bound(a_dataset(derived_from=("a",)), a, b, c) == frozenset({RESEARCH})

    @given(st.lists(st.lists(st.integers(0, 4), max_size=3), min_size=5, max_size=5))
    def test_it_should_end_when_datasets_are_derived_from_each_other(
        self, links: list[list[int]]
    ) -> None:
        datasets = {
            str(n): a_dataset(id=str(n), derived_from=tuple(map(str, one)), purposes=(CARE,))
            for n, one in enumerate(links)
        }
        for one in datasets.values():
            assert purposes_bound(datasets, one) in (None, frozenset({CARE}))

    def test_the_owner_should_keep_to_the_purposes_of_the_inputs(self) -> None:
        inputs = a_dataset(id="a", purposes=(RESEARCH,))
        derived = a_dataset(derived_from=("a",), purposes=(CARE, RESEARCH))
        rules = rules_of(derived, inputs)
        assert ground(rules, a_caller(RESEARCH, organisation=OWNER)).allowed
        assert refusal(rules, a_caller(organisation=OWNER)) is Reason.PURPOSE_MISMATCH
        unstated = rules_of(replace(derived, purposes=()), inputs)
        assert ground(unstated, a_caller(RESEARCH, organisation=OWNER)).allowed
        assert refusal(unstated, a_caller(organisation=OWNER)) is Reason.PURPOSE_MISMATCH

    def test_an_agreement_should_not_go_beyond_the_purposes_of_the_inputs(self) -> None:
        inputs = a_dataset(id="a", purposes=(RESEARCH,))
        agreed = both_signed(an_agreement(CARE, RESEARCH))
        rules = rules_of(a_dataset(derived_from=("a",)), inputs, agreed)
        assert ground(rules, a_caller(RESEARCH)).allowed
        found = ground(rules, a_caller())
        assert found == Ground(
            Reason.PURPOSE_MISMATCH, allowed=False, until=parse_datetime(AGREED.valid_until)
        )

    def test_what_is_published_of_closed_data_should_keep_their_purposes(self) -> None:
        inputs = a_dataset(id="a", purposes=(RESEARCH,))
        public = a_dataset(access_rights=AccessRights.PUBLIC, derived_from=("a",))
        rules = rules_of(public, inputs)
        assert refusal(rules, ANONYMOUS) is Reason.PURPOSE_REQUIRED
        assert refusal(rules, a_caller()) is Reason.PURPOSE_MISMATCH
        found = ground(rules, a_caller(RESEARCH))
        assert (found.allowed, found.is_open) == (True, False)


@given(st.integers(-3, 3), st.sampled_from(["lt", "lteq", "gt", "gteq"]), st.integers(-3, 3))
def test_a_ground_should_hold_until_it_has_to_be_decided_again(
    moment: int, operator: str, now: int
) -> None:
    rule = when(at(operator, format_datetime(NOW_US + moment)))
    rules = rules_of(a_dataset(), replace(AGREED, permissions=(rule,)))
    dataset = rules.datasets[CARE_DATA]
    found = ground_for(rules, dataset, a_caller(), NOW_US + now)
    assert found.until is not None
    for later in range(now, 5):
        if NOW_US + later < found.until:
            again = ground_for(rules, dataset, a_caller(), NOW_US + later)
            assert again.allowed is found.allowed
