from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.errors import InvalidInput
from hanze.governance.odrl import PROFILE, policy_document, read_policy
from hanze.governance.policy import (
    DATE_TIME,
    DUTIES,
    ODRL,
    PURPOSE,
    PolicyInvalid,
    PolicyNotSupported,
)
from hanze.governance.purposes import PURPOSES
from hanze.governance.records.agreement import Agreement, Constraint, Rule, Statute
from hanze.ngsild.model import JsonValue
from tests.governing import CARE, NOW, RESEARCH, an_agreement, both_signed

OFFER: Mapping[str, JsonValue] = {
    "@context": "http://www.w3.org/ns/odrl.jsonld",
    "@type": "Offer",
    "uid": "urn:ngsi-ld:Agreement:groningen:1",
    "permission": [
        {
            "assigner": "urn:a",
            "assignee": {"@id": "urn:b"},
            "target": {"uid": "urn:d"},
            "action": "odrl:read",
            "constraint": {
                "leftOperand": "purpose",
                "operator": {"@id": ODRL + "eq"},
                "rightOperand": "dpv:ResearchAndDevelopment",
            },
        }
    ],
    "hanze:validFrom": {"@value": "2026-01-01T00:00:00Z", "@type": "xsd:dateTime"},
    "hanze:validUntil": "2027-01-01T00:00:00Z",
}
CONSTRAINT: Mapping[str, JsonValue] = {
    "leftOperand": "purpose",
    "operator": "isAnyOf",
    "rightOperand": {"@list": ["dpv:ResearchAndDevelopment", {"@id": CARE}]},
}


def read(**changes: JsonValue) -> Agreement:
    return read_policy({**OFFER, **changes}, now=NOW)


def with_rule(**changes: JsonValue) -> Agreement:
    rule: JsonValue = {"action": "read", "constraint": CONSTRAINT, **changes}
    parties: dict[str, JsonValue] = {"assigner": "urn:a", "assignee": "urn:b", "target": "urn:d"}
    return read(permission=rule, **parties)


def test_it_should_read_an_offer() -> None:
    agreement = read()
    assert (agreement.assigner, agreement.assignee) == ("urn:a", "urn:b")
    assert (agreement.targets, agreement.purposes) == (("urn:d",), (RESEARCH,))
    assert (agreement.version, agreement.signatures, agreement.created_at) == (1, (), NOW)


def test_it_should_read_one_without_an_id_as_the_one_it_is_said_to_be() -> None:
    document = {name: value for name, value in OFFER.items() if name != "uid"}
    assert read_policy(document, agreement_id="urn:mine", now=NOW).id == "urn:mine"
    with pytest.raises(PolicyInvalid):
        read_policy(document, now=NOW)


def test_it_should_read_all_of_several_constraints() -> None:
    time: JsonValue = {
        "leftOperand": DATE_TIME,
        "operator": "lteq",
        "rightOperand": {"@value": "2026-12-31T23:59:59Z", "@type": "xsd:dateTime"},
    }
    both: JsonValue = {"@type": "LogicalConstraint", "and": {"@list": [CONSTRAINT, time]}}
    for constraint in (both, [CONSTRAINT, time]):
        (rule,) = with_rule(constraint=constraint).permissions
        assert [one.left_operand for one in rule.constraints] == [PURPOSE, DATE_TIME]
        assert rule.constraints[0].right_operand == (RESEARCH, CARE)


def test_it_should_read_what_tells_people_about_it_past() -> None:
    assert read(**{"dct:title": "Research", "profile": PROFILE, "conflict": "prohibit"}) == read()
    full = {ODRL + name if name == "permission" else name: own for name, own in OFFER.items()}
    assert read_policy(full, now=NOW) == read()


@pytest.mark.parametrize(
    "changes",
    [
        {"@type": "Set"},
        {"@type": "odrl:Ticket"},
        {"conflict": "perm"},
        {"profile": "http://other.example/profile"},
        {"obligation": []},
        {"inheritFrom": "urn:x"},
        {"odrl:uid": "urn:x"},
        {"odrl:permission": []},
        {"@graph": []},
        {"@context": {"permission": "odrl:prohibition"}},
        {"@context": ["http://www.w3.org/ns/odrl.jsonld", {"dpv": "http://other.example#"}]},
        {"permission": ["urn:rule"]},
        {"prohibition": {"assignee": "urn:c", "action": "read"}},
        {"hanze:statute": "Politiewet"},
    ],
)
def test_it_should_refuse_what_is_said_of_a_policy_and_not_supported(
    changes: dict[str, JsonValue],
) -> None:
    with pytest.raises(PolicyNotSupported) as refused:
        read(**changes)
    assert refused.value.field


@pytest.mark.parametrize(
    "changes",
    [
        {"action": ["read", "use"]},
        {"action": {"rdf:value": "read", "refinement": []}},
        {"action": "index"},
        {"@type": "Prohibition"},
        {"duty": {"action": "compensate"}},
        {"duty": {"action": "delete", "constraint": []}},
        {"duty": {"action": "delete", "@type": "Obligation"}},
        {"remedy": []},
        {"constraint": {**CONSTRAINT, "operator": "isA"}},
        {"constraint": {**CONSTRAINT, "operator": []}},
        {"constraint": {**CONSTRAINT, "leftOperand": "spatial"}},
        {"constraint": {**CONSTRAINT, "unit": "urn:x"}},
        {"constraint": {"or": [CONSTRAINT]}},
        {"constraint": {**CONSTRAINT, "and": [CONSTRAINT]}},
        {"constraint": {**CONSTRAINT, "rightOperand": {"@id": CARE, "@language": "en"}}},
        {"constraint": []},
        {"target": "urn:else"},
    ],
)
def test_it_should_refuse_what_is_said_of_a_rule_and_not_supported(
    changes: dict[str, JsonValue],
) -> None:
    with pytest.raises(PolicyNotSupported):
        with_rule(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"assigner": ["urn:a", "urn:c"], "permission": []},
        {"permission": []},
        {"hanze:version": 0},
        {"hanze:version": True},
        {"hanze:opensNarrower": "yes"},
        {"hanze:validFrom": []},
        {"hanze:validFrom": 2026},
        {"hanze:validFrom": "2026"},
        {"hanze:statute": {"hanze:article": "Art. 8"}},
    ],
)
def test_it_should_refuse_what_is_wrong(changes: dict[str, JsonValue]) -> None:
    with pytest.raises(InvalidInput):
        read(**changes)


def test_it_should_refuse_a_rule_for_everybody_beside_one_for_somebody() -> None:
    with pytest.raises(PolicyNotSupported, match="assignee"):
        read(assigner="urn:a", target="urn:d", prohibition={"action": "use"})


purposes = st.lists(st.sampled_from(sorted(PURPOSES)), min_size=1, max_size=3, unique=True)
times = st.builds(
    Constraint,
    left_operand=st.just(DATE_TIME),
    operator=st.sampled_from([ODRL + one for one in ("lt", "lteq", "gt", "gteq")]),
    right_operand=st.just((NOW,)),
)


def of_purposes(*operators: str) -> st.SearchStrategy[Constraint]:
    return st.builds(
        Constraint,
        left_operand=st.just(PURPOSE),
        operator=st.sampled_from([ODRL + one for one in operators]),
        right_operand=purposes.map(tuple),
    )


permissions = st.builds(
    Rule,
    action=st.sampled_from([ODRL + "read", ODRL + "use"]),
    constraints=st.tuples(of_purposes("isAnyOf"), times) | st.tuples(of_purposes("isAnyOf")),
    duties=st.lists(st.sampled_from(sorted(DUTIES)), max_size=2, unique=True).map(tuple),
)
prohibitions = st.builds(
    Rule,
    action=st.just(ODRL + "use"),
    constraints=st.lists(of_purposes("isAnyOf", "isNoneOf") | times, max_size=2).map(tuple),
)
statutes = st.none() | st.just(Statute(article="Art. 8", authority="police", until="2026-12-31"))


@settings(max_examples=80, deadline=None)
@given(
    st.lists(permissions, min_size=1, max_size=2).map(tuple),
    st.lists(prohibitions, max_size=2).map(tuple),
    st.booleans(),
    statutes,
    st.integers(1, 9),
)
def test_it_should_read_what_it_writes(
    permitted: tuple[Rule, ...],
    prohibited: tuple[Rule, ...],
    narrower: bool,
    statute: Statute | None,
    version: int,
) -> None:
    agreement = an_agreement(
        permissions=permitted,
        prohibitions=prohibited,
        opens_narrower=narrower,
        statute=statute,
        version=version,
    )
    document = policy_document(agreement)
    assert document["@type"] == "Offer"
    assert read_policy(document, now=agreement.created_at) == agreement
    signed = policy_document(both_signed(agreement))
    assert signed == {**document, "@type": "Agreement"}
