"""Registrations as JSON and back, in any words; fragments (CIM 009, 5.2.9, 5.5.7, 5.5.8)."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.errors import InvalidInput
from hanze.ngsild.context import CORE, Context, build_context
from hanze.ngsild.registration.model import Registration, RegistrationState
from hanze.ngsild.registration.parse import Written, cleaned, parse_registration
from hanze.ngsild.registration.parse_source_info import HIDDEN
from hanze.ngsild.registration.render import render_registration, worded
from hanze.ngsild.registration.update import updated_document
from tests.registering import CREATED, registered

TERMS = build_context(None, ({"Vehicle": "urn:x:Vehicle", "speed": "urn:x:speed"},))
OTHERS = build_context(None, ({"Fahrzeug": "urn:x:Vehicle", "owner": "urn:x:owner"},))
NOW = "2026-02-01T00:00:00Z"

_names = st.sampled_from(["Vehicle", "speed", "Bin", "urn:x:other"])
_entities = st.fixed_dictionaries(
    {"type": st.one_of(_names, st.lists(_names, min_size=1, max_size=3))},
    optional={
        "id": st.sampled_from(["urn:v:1", "urn:v:2"]),
        "idPattern": st.sampled_from(["^urn:v:", ".*1$"]),
    },
)
_infos = st.fixed_dictionaries(
    {"propertyNames": st.lists(_names, min_size=1, max_size=3)},
    optional={
        "entities": st.lists(_entities, min_size=1, max_size=3),
        "relationshipNames": st.lists(_names, min_size=1, max_size=2),
    },
)
_members = st.fixed_dictionaries(
    {"information": st.lists(_infos, min_size=1, max_size=3)},
    optional={
        "owner": st.sampled_from(["city", 5, {"speed": 1}]),
        "scope": st.just(["/A", "/B"]),
        "mode": st.sampled_from(["inclusive", "redirect"]),
        "tenant": st.just("there"),
        "management": st.just({"localOnly": True, "cacheDuration": "P1M"}),
    },
)
_contexts = st.sampled_from([CORE, TERMS, OTHERS])


def reread(registration: Registration, context: Context) -> Registration:
    return parse_registration(
        Written(
            tenant=registration.registered_in,
            document=cleaned(worded(registration, context)),
            context=context,
            created_at=registration.created_at,
            modified_at=registration.modified_at,
        )
    )


def meaning(registration: Registration) -> Registration:
    return msgspec.structs.replace(registration, context=CORE, document={})


@pytest.mark.clause("5.5.7")
@settings(max_examples=100, deadline=None)
@given(members=_members, own=_contexts, other=_contexts)
def test_a_registration_should_mean_the_same_when_it_is_read_in_other_words(
    members: dict[str, Any], own: Context, other: Context
) -> None:
    registration = registered(context=own, **members)
    again = reread(registration, other)
    assert meaning(again) == meaning(registration)
    assert meaning(reread(again, own)) == meaning(registration)
    assert worded(registration, own) == registration.document


@pytest.mark.clause("5.2.9")
def test_a_state_should_be_shown_when_the_source_was_asked() -> None:
    registration = registered()
    assert render_registration(registration, CORE, RegistrationState()) == registration.document
    state = RegistrationState(2, 1, CREATED, NOW, failed=True)
    shown = render_registration(registration, CORE, state, sys_attrs=True)
    assert {name: shown[name] for name in shown.keys() - registration.document.keys()} == {
        "status": "failed",
        "timesSent": 2,
        "timesFailed": 1,
        "lastSuccess": CREATED,
        "lastFailure": NOW,
        "createdAt": CREATED,
        "modifiedAt": CREATED,
    }


@pytest.mark.clause("4.3.6.5")
def test_a_secret_should_be_hidden_when_the_reader_may_not_write() -> None:
    pairs = [
        {"key": "Authorization", "value": "Bearer x"},
        {"key": "X-User", "value": "urn:ngsi-ld:request"},
        {"key": "accept", "value": "application/json"},
    ]
    registration = registered(contextSourceInfo=pairs)
    hidden = render_registration(registration, CORE, RegistrationState())["contextSourceInfo"]
    assert hidden == [{"key": "Authorization", "value": HIDDEN}, *pairs[1:]]
    shown = render_registration(registration, CORE, RegistrationState(), hides=False)
    assert shown["contextSourceInfo"] == pairs


@pytest.mark.clause("5.10.2")
def test_only_what_matches_should_be_shown_when_a_part_is_asked_for() -> None:
    registration = registered(
        information=[{"entities": [{"type": "A"}, {"type": "B"}]}, {"propertyNames": ["c"]}]
    )
    part = (registration.information[1],)
    shown = render_registration(registration, CORE, RegistrationState(), information=part)
    assert shown["information"] == [{"propertyNames": ["c"]}]


def updated(registration: Registration, fragment: dict[str, Any], context: Context) -> Registration:
    document, words = updated_document(registration, fragment, context, NOW)
    return parse_registration(
        Written(tenant="", document=document, context=words, created_at=CREATED, modified_at=NOW)
    )


@pytest.mark.clause("5.9.3")
@pytest.mark.clause("5.5.8")
def test_a_fragment_should_replace_and_remove_members_when_it_names_them() -> None:
    registration = registered(context=TERMS, description="d", scope="/A", owner=1)
    after = updated(registration, {"description": None, "scope": "/B", "timesSent": 9}, CORE)
    assert after.context is TERMS
    kept = {name: one for name, one in registration.document.items() if name != "description"}
    assert after.document == {**kept, "scope": "/B"}
    assert after.scopes == ("/B",)
    assert after.information == registration.information


@pytest.mark.clause("5.5.8")
def test_a_property_should_be_replaced_when_the_fragment_names_it_in_other_words() -> None:
    registration = registered(context=OTHERS, owner=1)
    after = updated(registration, {"urn:x:owner": 2}, TERMS)
    assert after.context is TERMS
    assert after.document["urn:x:owner"] == 2
    assert "owner" not in after.document
    assert updated(after, {"owner": "urn:ngsi-ld:null"}, OTHERS).document.keys() == (
        registered().document.keys()
    )


@pytest.mark.clause("5.9.3")
@pytest.mark.parametrize(
    ("fragment", "field"),
    [
        ({"id": "urn:other:1"}, "id"),
        ({"type": "Other"}, "type"),
        ({"endpoint": None}, "endpoint"),
        ({"information": "urn:ngsi-ld:null"}, "information"),
        ({"expiresAt": "2026-01-01T00:00:00Z"}, "expiresAt"),
    ],
)
def test_a_fragment_should_be_refused_when_it_takes_what_must_stay(
    fragment: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        updated(registered(), fragment, CORE)
    assert refused.value.field == field
