import pytest
from msgspec.structs import replace

from hanze.errors import InvalidInput
from hanze.governance.policy import (
    DATE_TIME,
    ODRL,
    PURPOSE,
    PolicyInvalid,
    PolicyNotSupported,
    agreed_purposes,
    check_policy,
    permission,
    permits_for,
    prohibits_for,
    terms_digest,
)
from hanze.governance.records.agreement import Agreement, Constraint, Rule, Statute
from tests.governing import CARE, FRAUD, NOW, RESEARCH, SCIENCE, an_agreement, both_signed


def of_purpose(operator: str, *purposes: str) -> Constraint:
    return Constraint(left_operand=PURPOSE, operator=ODRL + operator, right_operand=purposes)


def rule(*constraints: Constraint, action: str = "use", duties: tuple[str, ...] = ()) -> Rule:
    return Rule(action=ODRL + action, constraints=constraints, duties=duties)


AT = Constraint(left_operand=DATE_TIME, operator=ODRL + "lt", right_operand=(NOW,))


class TestCheckPolicy:
    @pytest.mark.parametrize(
        "agreement",
        [
            an_agreement(),
            an_agreement(CARE, RESEARCH),
            an_agreement(permissions=(rule(of_purpose("eq", CARE), AT),)),
            an_agreement(permissions=(permission(CARE, duties=(ODRL + "attribute",)),)),
            an_agreement(prohibitions=(rule(),)),
            an_agreement(prohibitions=(rule(of_purpose("isNoneOf", CARE), AT),)),
            an_agreement(statute=Statute(article="Art. 8", authority="police", until="2026-12-31")),
        ],
    )
    def test_it_should_accept_the_profile(self, agreement: Agreement) -> None:
        check_policy(agreement)

    @pytest.mark.parametrize(
        ("agreement", "field"),
        [
            (an_agreement(permissions=(rule(of_purpose("eq", CARE), action="sell"),)), "action"),
            (an_agreement(prohibitions=(rule(action="distribute"),)), "action"),
            (an_agreement(permissions=(permission(CARE, duties=(ODRL + "pay",)),)), "duty"),
            (an_agreement(prohibitions=(rule(duties=(ODRL + "delete",)),)), "remedy"),
            (an_agreement(permissions=(rule(of_purpose("isNoneOf", CARE)),)), "operator"),
            (an_agreement(permissions=(rule(of_purpose("isA", CARE)),)), "operator"),
            (an_agreement(permissions=(rule(),), purposes=()), "constraint"),
            (an_agreement(permissions=(rule(AT),), purposes=()), "constraint"),
            (
                an_agreement(prohibitions=(rule(replace(AT, left_operand=ODRL + "spatial")),)),
                "leftOperand",
            ),
            (an_agreement(prohibitions=(rule(replace(AT, operator=ODRL + "eq")),)), "operator"),
        ],
    )
    def test_it_should_refuse_what_is_not_in_the_profile(
        self, agreement: Agreement, field: str
    ) -> None:
        with pytest.raises(PolicyNotSupported) as refused:
            check_policy(agreement)
        assert refused.value.field is not None
        assert refused.value.field.endswith(field)

    @pytest.mark.parametrize(
        "agreement",
        [
            an_agreement(targets=()),
            an_agreement(assigner=""),
            an_agreement(assignee=an_agreement().assigner),
            replace(an_agreement(), permissions=()),
            an_agreement(valid_until="2026-01-01T00:00:00Z"),
            an_agreement(valid_until="2026"),
            an_agreement(CARE, purposes=(RESEARCH,)),
            an_agreement("dpv:ScientificResearch"),
            an_agreement("https://w3id.org/dpv#Scientific"),
            an_agreement(permissions=(rule(of_purpose("eq", CARE, RESEARCH)),)),
            an_agreement(permissions=(rule(of_purpose("isAnyOf")),)),
            an_agreement(prohibitions=(rule(replace(AT, right_operand=("noon",))),)),
            an_agreement(statute=Statute(article=" ", authority="police", until="2026-12-31")),
            an_agreement(statute=Statute(article="Art. 8", authority="", until="2026-12-31")),
            an_agreement(statute=Statute(article="Art. 8", authority="police", until="soon")),
        ],
    )
    def test_it_should_refuse_what_is_not_whole(self, agreement: Agreement) -> None:
        with pytest.raises(InvalidInput):
            check_policy(agreement)

    def test_it_should_say_what_is_wrong_with_the_frame(self) -> None:
        with pytest.raises(PolicyInvalid, match="targets"):
            check_policy(an_agreement(targets=()))


def test_agreed_purposes_should_name_each_once() -> None:
    rules = (permission(CARE, RESEARCH), rule(AT, of_purpose("eq", CARE)))
    assert agreed_purposes(rules) == (CARE, RESEARCH)


def test_permits_for_should_need_all_constraints() -> None:
    assert permits_for(permission(CARE), CARE, narrower=False)
    assert not permits_for(rule(AT), CARE, narrower=True)
    both = rule(of_purpose("eq", CARE), of_purpose("eq", RESEARCH))
    assert not permits_for(both, CARE, narrower=True)


def test_prohibits_for_should_reach_below_and_except_exactly() -> None:
    assert prohibits_for(rule(), CARE)
    assert prohibits_for(rule(of_purpose("eq", RESEARCH)), SCIENCE)
    assert not prohibits_for(rule(of_purpose("isAnyOf", SCIENCE)), RESEARCH)
    but_care = rule(of_purpose("isNoneOf", CARE, RESEARCH))
    assert prohibits_for(but_care, FRAUD)
    assert prohibits_for(but_care, SCIENCE)
    assert not prohibits_for(rule(of_purpose("neq", CARE)), CARE)


def test_terms_digest_should_change_with_the_terms_alone() -> None:
    plain = an_agreement()
    assert terms_digest(both_signed(plain)) == terms_digest(plain)
    assert terms_digest(replace(plain, home="zwolle", created_at=NOW)) == terms_digest(plain)
    changed = (
        replace(plain, version=2),
        replace(plain, opens_narrower=True),
        replace(plain, valid_until="2027-01-02T00:00:00Z"),
        replace(plain, statute=Statute(article="a", authority="b", until="2026-12-31")),
    )
    assert len({terms_digest(one) for one in (plain, *changed)}) == 5
