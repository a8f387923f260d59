from collections.abc import Mapping, Sequence
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from hanze.governance.decision import SOURCES, Asked, Decided, absence, access_for, check
from hanze.governance.policy import ODRL
from hanze.governance.reasons import AccessDenied, PurposeRequired, Reason
from hanze.governance.records.agreement import Revocation, Rule
from hanze.governance.records.dataset import AccessRights, Dataset
from hanze.governance.rules import Rules
from hanze.identity.caller import ANONYMOUS, NODE, Caller
from hanze.ngsild.model import Attribute, AttributeKind, Entity, Instances
from hanze.ngsild.query.access import EVERYTHING, seen_of
from hanze.ngsild.query.tree import Share
from hanze.ngsild.terms import DEFAULT_VOCAB
from tests.governing import (
    CARE,
    CARE_DATA,
    CARE_FRAUD,
    NOW,
    OTHER,
    OWNER,
    PATIENT,
    PERSON,
    RESEARCH,
    a_caller,
    a_consent,
    a_dataset,
    a_project,
    an_activity,
    an_agreement,
    both_signed,
    rules_of,
)

NOTHING: Final[Mapping[str, str]] = {}

AGREED = both_signed(an_agreement())
PARKING = DEFAULT_VOCAB + "ParkingSpot"
NAME = DEFAULT_VOCAB + "name"
OPEN_DATA = "urn:ngsi-ld:Dataset:groningen:parking"
OPEN = a_dataset(id=OPEN_DATA, types=(PARKING,), access_rights=AccessRights.PUBLIC)
NAMES = a_dataset(id="urn:ngsi-ld:Dataset:groningen:names", attributes=(NAME,))
PUBLIC_PERSONS = a_dataset(access_rights=AccessRights.PUBLIC)


def said(text: str) -> Instances:
    return (Attribute(kind=AttributeKind.PROPERTY, value=text),)


def decided(rules: Rules, caller: Caller, now: str = NOW) -> Decided:
    return access_for(rules, caller, now)


def ask(
    rules: Rules,
    caller: Caller,
    *,
    types: Sequence[str] = (),
    ids: Sequence[str] = (),
    names: Mapping[str, str] = NOTHING,
    scopes: Sequence[str] = (),
) -> None:
    selected = tuple(frozenset((name,)) for name in types) or None
    asked = Asked(types=selected, ids=ids, names=names, scopes=scopes)
    check(rules, decided(rules, caller), caller, asked)


def refused(
    rules: Rules,
    caller: Caller,
    *,
    types: Sequence[str] = (),
    ids: Sequence[str] = (),
    names: Mapping[str, str] = NOTHING,
    scopes: Sequence[str] = (),
) -> AccessDenied:
    with pytest.raises(AccessDenied) as error:
        ask(rules, caller, types=types, ids=ids, names=names, scopes=scopes)
    return error.value


class TestAccessFor:
    def test_it_should_be_everything_when_it_is_for_the_node_or_a_developer(self) -> None:
        rules = rules_of(a_dataset())
        developer = Caller(actor="dev", roles=frozenset({"developer"}))
        assert decided(rules, NODE).access is decided(rules, developer).access is EVERYTHING

    def test_it_should_be_of_the_tenant_alone(self) -> None:
        rules = rules_of(
            a_dataset(id="a"), a_dataset(id="b", tenant="other"), a_dataset(id="c", tenant="*")
        )
        here = [part.dataset for part in decided(rules, ANONYMOUS).access.parts]
        there = [part.dataset for part in decided(rules, ANONYMOUS.in_tenant("other")).access.parts]
        assert (here, there) == (["a", "c"], ["b", "c"])

    def test_it_should_close_what_no_dataset_covers(self) -> None:
        assert not decided(rules_of(), ANONYMOUS).access.rest
        assert decided(rules_of(unclassified=True), ANONYMOUS).access.rest

    def test_it_should_keep_to_the_shares_of_a_member(self) -> None:
        shares = (Share(types=(PARKING,)),)
        member = Caller(actor="member", shares=shares)
        assert decided(rules_of(OPEN), member).access.shares == shares

    def test_it_should_name_the_agreements_and_how_long_it_holds(self) -> None:
        sooner = both_signed(
            an_agreement(
                id="urn:ngsi-ld:Agreement:groningen:2",
                targets=(NAMES.id,),
                valid_until="2026-07-01T00:00:00Z",
            )
        )
        found = decided(rules_of(a_dataset(), NAMES, OPEN, AGREED, sooner), a_caller())
        assert found.agreements == {CARE_DATA: f"{AGREED.id}#1", NAMES.id: f"{sooner.id}#1"}
        assert found.until == "2026-07-01T00:00:00Z"

    def test_it_should_say_what_a_dataset_selects(self) -> None:
        dataset = a_dataset(scopes=("/care",), attributes=(NAME,), subject=PATIENT)
        rules = rules_of(dataset, AGREED, OPEN)
        part, open_part = decided(rules, a_caller()).access.parts
        assert (part.types, part.scopes, part.attributes) == ((PERSON,), ("/care",), (NAME,))
        assert (part.allowed, part.only, part.subject, part.public) == (True, None, PATIENT, False)
        assert (open_part.allowed, open_part.public, open_part.reason) == (True, True, "")

    def test_it_should_find_sources_under_each_name_that_they_go_by(self) -> None:
        rules = rules_of(a_dataset(types=(PARKING,), sources=("https://care.example",)), OPEN)
        access = decided(rules, ANONYMOUS).access
        for name in SOURCES:
            value = said("https://care.example")
            spot = Entity(id="urn:a:1", types=(PARKING,), attributes={name: value})
            assert seen_of(access, spot) is None
        other = Entity(
            id="urn:a:2",
            types=(PARKING,),
            attributes={SOURCES[0]: said("https://parking.example")},
        )
        assert seen_of(access, other) is not None

    def test_it_should_show_only_those_who_consented(self) -> None:
        rules = rules_of(a_dataset(consent=True, subject=PATIENT), AGREED, a_consent("anna"))
        access = decided(rules, a_caller()).access
        anna, bert = (
            Entity(id=f"urn:{who}", types=(PERSON,), attributes={PATIENT: said(who)})
            for who in ("anna", "bert")
        )
        assert seen_of(access, anna) is not None
        assert seen_of(access, bert) is None


class TestCheck:
    def test_it_should_let_pass_what_is_open(self) -> None:
        rules = rules_of(a_dataset(), OPEN)
        ask(rules, ANONYMOUS, types=[PARKING], ids=["urn:ngsi-ld:ParkingSpot:1"], names={NAME: "q"})
        ask(rules, ANONYMOUS)
        ask(rules, NODE, types=[PERSON])

    def test_it_should_need_a_purpose_for_closed_data(self) -> None:
        for types, ids in (([PERSON], []), ([], ["urn:ngsi-ld:Person:1"])):
            with pytest.raises(PurposeRequired) as error:
                ask(rules_of(a_dataset(), AGREED), a_caller(None), types=types, ids=ids)
            assert error.value.datasets == (CARE_DATA,)
            assert error.value.reason is Reason.PURPOSE_REQUIRED

    def test_it_should_tell_nobody_without_a_purpose_what_there_is(self) -> None:
        revocation = Revocation(by="someone", at=NOW, reason="Over")
        said = set()
        for records in ((), (AGREED,), (replace(AGREED, revocation=revocation),)):
            for caller in (ANONYMOUS, a_caller(None), a_caller(None, organisation=OWNER)):
                with pytest.raises(PurposeRequired) as error:
                    ask(rules_of(a_dataset(), *records), caller, types=[PERSON])
                said.add(str(error.value))
        assert len(said) == 1

    def test_it_should_say_what_is_asked_and_what_is_agreed(self) -> None:
        rules = rules_of(a_dataset(), AGREED)
        error = refused(rules, a_caller(RESEARCH), types=[PERSON])
        assert (error.reason, error.field, error.value) == (Reason.PURPOSE_MISMATCH, "type", PERSON)
        assert str(error) == (
            f"Dataset {CARE_DATA} is asked for dpv:ResearchAndDevelopment;"
            " what is agreed is sector-health:HealthcareManagement"
        )
        own = refused(rules, a_caller(RESEARCH, organisation=OWNER), types=[PERSON])
        assert "sector-health:HealthcareManagement" in str(own)

    def test_it_should_not_say_what_others_agreed(self) -> None:
        error = refused(
            rules_of(a_dataset(), AGREED), a_caller(organisation="urn:else"), types=[PERSON]
        )
        assert error.reason is Reason.NO_AGREEMENT
        assert OTHER not in str(error)
        public = a_dataset(access_rights=AccessRights.PUBLIC, derived_from=("a",))
        derived = rules_of(public, a_dataset(id="a", purposes=()))
        assert "no purpose" in str(refused(derived, a_caller(), types=[PERSON]))

    @pytest.mark.parametrize("reason", list(Reason))
    def test_every_reason_should_have_words(self, reason: Reason) -> None:
        rules = {
            Reason.UNCLASSIFIED: rules_of(),
            Reason.NO_ACCESS_RIGHTS: rules_of(a_dataset(access_rights=None)),
            Reason.NO_AGREEMENT: rules_of(a_dataset()),
            Reason.REVOKED: rules_of(
                a_dataset(), replace(AGREED, revocation=Revocation(by="a", at=NOW, reason="b"))
            ),
            Reason.EXPIRED: rules_of(a_dataset(), replace(AGREED, valid_until=NOW)),
            Reason.NOT_YET_VALID: rules_of(
                a_dataset(), replace(AGREED, valid_from="2026-06-02T00:00:00Z")
            ),
            Reason.NOT_CONFIRMED: rules_of(a_dataset(), replace(AGREED, home="groningen")),
            Reason.PROHIBITED: rules_of(
                a_dataset(), replace(AGREED, prohibitions=(Rule(action=ODRL + "use"),))
            ),
            Reason.NO_CONSENT: rules_of(a_dataset(consent=True), AGREED),
            Reason.PURPOSE_NOT_REGISTERED: rules_of(a_dataset(), an_activity(purposes=())),
            Reason.PROJECT_NOT_ACTIVE: rules_of(
                a_dataset(), an_activity(project="p"), a_project(active=False)
            ),
        }.get(reason)
        if rules is None:
            return  # Told elsewhere: by attribute, by id, of a purpose, of shares.
        activity = an_activity().id if rules.activities else None
        error = refused(rules, a_caller(activity=activity), types=[PERSON])
        assert error.reason is reason
        assert (CARE_DATA in str(error)) is (reason is not Reason.UNCLASSIFIED)

    def test_it_should_refuse_a_type_that_one_of_several_datasets_closes(self) -> None:
        everything = a_dataset(id="all", types=(), access_rights=AccessRights.PUBLIC)
        rules = rules_of(everything, a_dataset())
        assert refused(rules, a_caller(), types=[PERSON]).datasets == (CARE_DATA,)
        ask(rules, a_caller(), types=[PARKING])
        closed = replace(everything, access_rights=AccessRights.NON_PUBLIC)
        assert refused(rules_of(closed, OPEN), a_caller(), types=[PARKING]).datasets == ("all",)

    def test_it_should_let_pass_a_type_of_which_some_may_be_read(self) -> None:
        there = a_dataset(scopes=("/care",))
        rules = rules_of(there, replace(PUBLIC_PERSONS, id="open"))
        ask(rules, a_caller(), types=[PERSON])
        assert refused(rules_of(there), a_caller(), types=[PERSON]).reason is Reason.NO_AGREEMENT
        ask(rules_of(there, unclassified=True), a_caller(), types=[PERSON])
        ask(rules_of(there, AGREED), a_caller(), types=[PERSON])

    def test_it_should_refuse_an_id_by_the_type_that_it_tells(self) -> None:
        rules = rules_of(a_dataset(), OPEN)
        error = refused(rules, a_caller(), ids=["urn:ngsi-ld:Person:1"])
        assert (error.reason, error.field, error.value) == (
            Reason.NO_AGREEMENT,
            "id",
            "urn:ngsi-ld:Person:1",
        )
        ask(rules, a_caller(), ids=["urn:ngsi-ld:Else:1", "http://one.example/1"])

    def test_it_should_refuse_any_id_when_everything_is_closed(self) -> None:
        rules = rules_of(a_dataset(types=()))
        for entity_id in ("urn:ngsi-ld:Else:1", "http://one.example/1"):
            assert refused(rules, a_caller(), ids=[entity_id]).reason is Reason.NO_AGREEMENT

    def test_it_should_let_an_id_pass_that_may_be_of_an_open_type_of_that_name(self) -> None:
        other = a_dataset(id="b", types=("urn:x#Person",), access_rights=AccessRights.PUBLIC)
        ask(rules_of(a_dataset(), other), a_caller(), ids=["urn:ngsi-ld:Person:1"])

    def test_it_should_refuse_an_attribute_that_is_closed(self) -> None:
        rules = rules_of(PUBLIC_PERSONS, NAMES, OPEN)
        for types, ids in (([PERSON], []), ([], ["urn:ngsi-ld:Person:1"]), ([], [])):
            error = refused(rules, a_caller(), types=types, ids=ids, names={NAME: "q"})
            assert (error.field, error.value, error.datasets) == ("q", NAME, (NAMES.id,))
        ask(rules, a_caller(), types=[PERSON], names={PATIENT: "q"})
        ask(rules, a_caller(), types=[PARKING], names={NAME: "orderBy"})
        with pytest.raises(PurposeRequired):
            ask(rules, ANONYMOUS, types=[PERSON], names={NAME: "orderBy"})

    def test_it_should_refuse_an_attribute_that_no_dataset_opens(self) -> None:
        rules = rules_of(replace(NAMES, access_rights=AccessRights.PUBLIC))
        ask(rules, ANONYMOUS, types=[PERSON], names={NAME: "attrs"})
        error = refused(rules, ANONYMOUS, types=[PERSON], names={PATIENT: "attrs"})
        assert (error.reason, error.datasets) == (Reason.ATTRIBUTE_NOT_READABLE, ())

    def test_it_should_say_why_when_all_that_could_open_an_attribute_is_closed(self) -> None:
        rules = rules_of(
            replace(NAMES, access_rights=AccessRights.PUBLIC), a_dataset(scopes=("/a",))
        )
        error = refused(rules, a_caller(), types=[PERSON], names={PATIENT: "attrs"})
        assert error.reason is Reason.NO_AGREEMENT

    def test_it_should_refuse_a_scope_that_is_closed(self) -> None:
        rules = rules_of(
            replace(PUBLIC_PERSONS, id="open"), a_dataset(scopes=("/care/home",)), OPEN
        )
        for scope in ("/care/home", "care/home/1"):
            for types in ([PERSON], []):
                error = refused(rules, a_caller(), types=types, scopes=[scope])
                assert (error.field, error.value) == ("scopeQ", scope)
        ask(rules, a_caller(), scopes=["/care", "/care/homes"])
        ask(rules, a_caller(), types=[PARKING], scopes=["/care/home"])


class TestAbsence:
    def test_it_should_say_not_found_when_all_of_the_type_may_be_read(self) -> None:
        found = decided(rules_of(a_dataset(), OPEN), ANONYMOUS)
        assert absence(found, "urn:ngsi-ld:ParkingSpot:1") is None

    @pytest.mark.parametrize(
        "entity_id", ["urn:ngsi-ld:Person:1", "urn:ngsi-ld:Else:1", "http://one.example/1"]
    )
    def test_it_should_not_tell_whether_there_is_one(self, entity_id: str) -> None:
        error = absence(decided(rules_of(a_dataset(), OPEN), ANONYMOUS), entity_id)
        assert error is not None
        assert (error.reason, error.field, error.value) == (Reason.NO_PERMISSION, "id", entity_id)

    def test_it_should_say_not_found_when_everything_may_be_read(self) -> None:
        everything = a_dataset(id="all", types=(), access_rights=AccessRights.PUBLIC)
        for rules in (
            rules_of(everything),
            rules_of(unclassified=True),
            rules_of(everything, OPEN),
        ):
            for entity_id in ("urn:ngsi-ld:Else:1", "http://one.example/1"):
                assert absence(decided(rules, ANONYMOUS), entity_id) is None
        some = rules_of(everything, a_dataset())
        assert absence(decided(some, ANONYMOUS), "urn:ngsi-ld:Else:1") is None
        assert absence(decided(some, ANONYMOUS), "http://one.example/1") is not None

    def test_it_should_not_tell_when_some_are_closed(self) -> None:
        some = rules_of(replace(PUBLIC_PERSONS, id="open"), a_dataset(scopes=("/care",)))
        assert absence(decided(some, ANONYMOUS), "urn:ngsi-ld:Person:1") is not None
        named = rules_of(PUBLIC_PERSONS, NAMES)
        assert absence(decided(named, ANONYMOUS), "urn:ngsi-ld:Person:1") is None


datasets = st.lists(
    st.builds(
        a_dataset,
        id=st.sampled_from(["a", "b", "c", "d"]),
        types=st.sampled_from([(), (PERSON,), (PARKING,), (PERSON, PARKING)]),
        attributes=st.sampled_from([(), (NAME,), (PATIENT,)]),
        scopes=st.sampled_from([(), ("/care",)]),
        access_rights=st.sampled_from([None, *AccessRights]),
    ),
    max_size=4,
)
entities = st.builds(
    Entity,
    id=st.just("urn:ngsi-ld:Person:1"),
    types=st.sampled_from([(PERSON,), (PARKING,)]),
    scope=st.sampled_from([(), ("/care",), ("/else",)]),
    attributes=st.just({NAME: said("Anna"), PATIENT: said("anna")}),
)
purposes = st.sampled_from([None, CARE, CARE_FRAUD])


@settings(max_examples=100, deadline=None)
@given(datasets, entities, purposes, st.booleans(), st.sampled_from([OWNER, OTHER]))
def test_what_is_seen_should_never_be_refused_when_it_is_named(
    covering: list[Dataset], entity: Entity, purpose: str | None, rest: bool, organisation: str
) -> None:
    rules = rules_of(*covering, AGREED, unclassified=rest)
    caller = a_caller(purpose, organisation=organisation)
    found = decided(rules, caller)
    seen = seen_of(found.access, entity)
    if seen is None:
        return
    types = (frozenset(entity.types),)
    shown = {name: "q" for name in entity.attributes if seen.shows(name)}
    check(rules, found, caller, Asked(types=types, names=shown))


@settings(max_examples=100, deadline=None)
@given(datasets, entities, st.booleans())
def test_what_is_refused_should_be_seen_of_no_entity(
    covering: list[Dataset], entity: Entity, rest: bool
) -> None:
    rules = rules_of(*covering, AGREED, unclassified=rest)
    found = decided(rules, a_caller())
    seen = seen_of(found.access, entity)
    (name,) = entity.types
    if found.refusals.of_type(name) is not None:
        assert seen is None
    for attribute in entity.attributes:
        if found.refusals.of_attribute(attribute, [name]) is not None:
            assert seen is None or not seen.shows(attribute)
