"""Registrations from JSON: every member, and what each table refuses (CIM 009, 5.2.8 to 5.2.11)."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.errors import InvalidInput
from hanze.ngsild.context import CORE, build_context
from hanze.ngsild.registration.model import (
    EntityInfo,
    Management,
    Mode,
    RegistrationInfo,
    TimeInterval,
)
from hanze.ngsild.registration.operations import GROUPS, Operation
from hanze.ngsild.registration.parse import (
    KNOWN,
    Written,
    cleaned,
    parse_registration,
    refuse_nulls,
    refuse_past,
)
from hanze.ngsild.terms import NGSI_LD
from tests.registering import CREATED, DEFAULT, SOURCE, registered

POINT = {"type": "Point", "coordinates": [6.1, 52.2]}
NULL = "urn:ngsi-ld:null"
WHOLE: dict[str, Any] = {
    "tenant": "there",
    "endpoint": "https://source.example/hanze/ngsi-ld/v1/",
    "information": [
        {
            "entities": [
                {"type": ["Vehicle", "Bus"], "id": "urn:v:1", "idPattern": "x"},
                {"type": "Bike", "idPattern": "^urn:b:"},
            ],
            "propertyNames": ["speed"],
            "relationshipNames": ["isParked"],
        },
        {"propertyNames": ["level"]},
    ],
    "mode": "redirect",
    "operations": ["updateOps", "createEntity"],
    "contextSourceAlias": "source-1",
    "contextSourceInfo": [
        {"key": "Authorization", "value": "Bearer x"},
        {"key": "jsonldContext", "value": "urn:ngsi-ld:request"},
    ],
    "datasetId": ["@none", "urn:d:1"],
    "description": "d",
    "registrationName": "n",
    "expiresAt": "2099-01-01T00:00:00,5Z",
    "location": POINT,
    "observationSpace": POINT,
    "operationSpace": POINT,
    "scope": "/City/Parks",
    "management": {"cacheDuration": "PT1M", "cooldown": 5, "timeout": 0.5, "localOnly": True},
    "managementInterval": {"startAt": "2020-01-01T00:00:00Z"},
    "observationInterval": {"startAt": "2020-01-01T00:00:00Z", "endAt": "2021-01-01T00:00:00Z"},
    "refreshRate": "PT5M",
}
EXCLUSIVE: dict[str, Any] = {
    "mode": "exclusive",
    "information": [
        {"entities": [{"id": "urn:v:1", "type": "Vehicle"}], "propertyNames": ["speed"]}
    ],
}


@pytest.mark.clause("5.2.9")
@pytest.mark.clause("5.2.8")
@pytest.mark.clause("5.2.10")
@pytest.mark.clause("5.2.11")
@pytest.mark.clause("5.2.34")
def test_a_registration_should_be_read_when_it_has_every_member() -> None:
    found = registered(registered_in="city", **WHOLE)
    assert found.registered_in == "city"
    assert found.tenant == "there"
    assert found.endpoint == "https://source.example/hanze"
    assert found.information == (
        RegistrationInfo(
            entities=(
                EntityInfo((DEFAULT + "Vehicle", DEFAULT + "Bus"), id="urn:v:1"),
                EntityInfo((DEFAULT + "Bike",), id_pattern="^urn:b:"),
            ),
            property_names=(DEFAULT + "speed",),
            relationship_names=(DEFAULT + "isParked",),
        ),
        RegistrationInfo(property_names=(DEFAULT + "level",)),
    )
    assert found.mode is Mode.REDIRECT
    assert found.operations == GROUPS["updateOps"] | {Operation.CREATE_ENTITY}
    assert found.alias == "source-1"
    assert found.source_info[0] == ("Authorization", "Bearer x")
    assert found.dataset_ids == frozenset({None, "urn:d:1"})
    assert found.expires_at == "2099-01-01T00:00:00.5Z"
    assert [name for name, _ in found.locations] == [
        NGSI_LD + "location",
        NGSI_LD + "observationSpace",
        NGSI_LD + "operationSpace",
    ]
    assert found.scopes == ("/City/Parks",)
    assert found.management == Management(60.0, 5, 0.5, local_only=True)
    assert found.management_interval == TimeInterval("2020-01-01T00:00:00Z")
    assert found.is_temporal


@pytest.mark.clause("4.20")
def test_a_registration_should_be_inclusive_and_federated_when_it_says_nothing() -> None:
    found = registered()
    assert found.mode is Mode.INCLUSIVE
    assert found.operations == GROUPS["federationOps"]
    assert found.dataset_ids is None
    assert not found.is_temporal
    assert (found.tenant, found.alias, found.source_info, found.scopes) == ("", None, (), ())


@pytest.mark.clause("5.2.9")
@pytest.mark.parametrize(
    ("member", "value", "field"),
    [
        ("type", "Registration", "type"),
        ("id", "no uri", "id"),
        ("endpoint", None, "endpoint"),
        ("endpoint", "ftp://a.example", "endpoint"),
        ("endpoint", "http://", "endpoint"),
        ("endpoint", "http://a.example:port", "endpoint"),
        ("endpoint", "http://name:secret@a.example", "endpoint"),
        ("endpoint", "http://a.example/?x=1", "endpoint"),
        ("information", None, "information"),
        ("information", [], "information"),
        ("information", [{}], "information[0].entities"),
        ("information", [{"entities": []}], "information[0].entities"),
        ("information", [{"propertyNames": []}], "information[0].propertyNames"),
        ("information", [{"relationshipNames": [""]}], "information[0].relationshipNames"),
        ("information", [{"entities": [{"id": "urn:v:1"}]}], "information[0].entities[0].type"),
        ("information", [{"entities": [{"type": []}]}], "information[0].entities[0].type"),
        (
            "information",
            [{"entities": [{"type": "V", "id": "v"}]}],
            "information[0].entities[0].id",
        ),
        (
            "information",
            [{"entities": [{"type": "V", "idPattern": "("}]}],
            "information[0].entities[0].idPattern",
        ),
        ("mode", "both", "mode"),
        ("operations", ["fly"], "operations"),
        ("operations", [], "operations"),
        ("tenant", "two words", "tenant"),
        ("contextSourceAlias", "a,b", "contextSourceAlias"),
        ("contextSourceAlias", "", "contextSourceAlias"),
        ("datasetId", ["no uri"], "datasetId"),
        ("description", "", "description"),
        ("registrationName", 1, "registrationName"),
        ("expiresAt", "tomorrow", "expiresAt"),
        ("location", {"type": "Circle"}, "location"),
        ("scope", "//", "scope"),
        ("refreshRate", "often", "refreshRate"),
        ("management", [], "management"),
        ("management", {"timeout": 0}, "management.timeout"),
        ("management", {"cooldown": "1"}, "management.cooldown"),
        ("management", {"localOnly": "yes"}, "management.localOnly"),
        ("management", {"cacheDuration": "1 minute"}, "management.cacheDuration"),
        ("observationInterval", {"endAt": "2020-01-01T00:00:00Z"}, "observationInterval.startAt"),
        (
            "managementInterval",
            {"startAt": "2020-01-01T00:00:00Z", "endAt": "2019-01-01T00:00:00Z"},
            "managementInterval.endAt",
        ),
    ],
)
def test_a_registration_should_be_refused_when_a_member_breaks_its_table(
    member: str, value: Any, field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        registered(**{member: value})
    assert refused.value.field == field
    assert refused.value.clause


@pytest.mark.clause("4.3.6.6")
@pytest.mark.parametrize(
    ("key", "value", "clause"),
    [
        ("accept", "application/geo+json", "4.3.6.6"),
        ("contentType", "text/plain", "4.3.6.6"),
        ("jsonldContext", "context.jsonld", "4.3.6.6"),
        ("ngsildConformance", "one", "4.3.6.6"),
        ("NGSILD-Tenant", "city", "4.3.6.5"),
        ("X-Key", "two\r\nlines", "5.2.22"),
        ("X-Key", 1, "5.2.22"),
        ("X-Key", "urn:hanze:hidden", "5.2.22"),
    ],
)
def test_source_info_should_be_refused_when_a_value_cannot_be_told(
    key: str, value: Any, clause: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        registered(contextSourceInfo=[{"key": key, "value": value}])
    assert (refused.value.field, refused.value.clause) == ("contextSourceInfo[0].value", clause)
    assert refused.value.value is None


@pytest.mark.clause("5.2.22")
@pytest.mark.parametrize("given", ["no", [1], [{"value": "x"}], [{"key": "a b", "value": "x"}]])
def test_source_info_should_be_refused_when_it_is_no_array_of_pairs(given: Any) -> None:
    with pytest.raises(InvalidInput):
        registered(contextSourceInfo=given)


@pytest.mark.clause("4.3.6.3")
@pytest.mark.parametrize(
    "information",
    [
        [{"propertyNames": ["speed"]}],
        [{"entities": [{"type": "Vehicle"}], "propertyNames": ["speed"]}],
        [{"entities": [{"type": "Vehicle", "idPattern": "x"}], "propertyNames": ["speed"]}],
        [{"entities": [{"type": "Vehicle", "id": "urn:v:1"}]}],
        [
            {"entities": [{"type": "Vehicle", "id": "urn:v:1"}], "propertyNames": ["speed"]},
            {"entities": [{"type": "Vehicle", "id": "urn:v:2"}], "propertyNames": ["speed"]},
        ],
    ],
)
def test_an_exclusive_registration_should_be_refused_when_it_is_not_of_one_entitys_attributes(
    information: Any,
) -> None:
    assert registered(**EXCLUSIVE).mode is Mode.EXCLUSIVE
    with pytest.raises(InvalidInput) as refused:
        registered(mode="exclusive", information=information)
    assert refused.value.clause == "4.3.6.3"


@pytest.mark.clause("5.9.2")
def test_an_auxiliary_registration_should_be_refused_when_it_does_more_than_read() -> None:
    assert registered(mode="auxiliary", operations=["retrieveOps"]).mode is Mode.AUXILIARY
    assert registered(mode="auxiliary", operations=["queryEntity", "retrieveEntity"])
    for operations in (None, ["federationOps"], ["retrieveOps", "updateEntity"]):
        with pytest.raises(InvalidInput) as refused:
            registered(mode="auxiliary", operations=operations)
        assert (refused.value.field, refused.value.clause) == ("operations", "5.9.2.4")


@pytest.mark.clause("5.9.2")
def test_an_expiry_should_be_refused_when_it_is_past() -> None:
    document = {"expiresAt": "2026-05-01T00:00:00Z"}
    refuse_past(document, "2026-04-30T23:59:59Z")
    with pytest.raises(InvalidInput, match="future"):
        refuse_past(document, "2026-05-01T00:00:00Z")


@pytest.mark.clause("5.5.4")
@pytest.mark.parametrize("null", [None, "urn:ngsi-ld:null"])
def test_a_null_should_be_refused_when_there_is_nothing_to_take_away(null: Any) -> None:
    with pytest.raises(InvalidInput, match="owner must not be null"):
        refuse_nulls({**SOURCE, "owner": null})


@pytest.mark.clause("5.2.9")
def test_what_the_node_generates_should_fall_away_when_it_is_given() -> None:
    generated: dict[str, Any] = {
        "createdAt": "x",
        "modifiedAt": "x",
        "status": "ok",
        "timesSent": 5,
        "timesFailed": 1,
        "lastSuccess": "x",
        "lastFailure": "x",
    }
    assert cleaned({**SOURCE, **generated}) == SOURCE


@pytest.mark.clause("5.5.4")
def test_a_member_should_be_refused_when_no_table_knows_it() -> None:
    with pytest.raises(InvalidInput, match=r"information\.propertynames"):
        cleaned({**SOURCE, "information": [{"propertynames": ["speed"]}]})
    with pytest.raises(InvalidInput, match=r"management\.retries"):
        cleaned({**SOURCE, "management": {"retries": 3}})


@pytest.mark.clause("4.9")
def test_a_property_of_the_source_should_be_refused_when_its_name_is_none() -> None:
    assert registered(owner="city").document["owner"] == "city"
    with pytest.raises(InvalidInput):
        registered(**{"two words": 1})  # type: ignore[arg-type]  # mypy takes it for any keyword


@pytest.mark.clause("5.5.7")
def test_names_should_be_expanded_when_a_context_has_them() -> None:
    context = build_context(None, ({"Vehicle": "urn:x:Vehicle"},))
    assert registered(context=context).information[0].entities[0].types == ("urn:x:Vehicle",)


_leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.floats(allow_nan=False),
    st.text(max_size=5),
    st.sampled_from(["urn:v:1", "http://[", "http://a.example:99999", "PT1M", "(", "@none", NULL]),
)
_json = st.recursive(
    _leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                [
                    *("entities", "id", "idPattern", "type", "propertyNames", "startAt", "endAt"),
                    *("key", "value", "timeout", "cacheDuration", "coordinates", "@value"),
                ]
            ),
            inner,
            max_size=3,
        ),
    ),
    max_leaves=10,
)


@pytest.mark.clause("5.5.4")
@settings(max_examples=100, deadline=None)
@given(members=st.dictionaries(st.sampled_from([*sorted(KNOWN), "owner"]), _json, max_size=4))
def test_whatever_is_sent_should_be_read_or_refused(members: dict[str, Any]) -> None:
    body = {**SOURCE, **members}
    try:
        document = cleaned(body)
        refuse_nulls(document)
        refuse_past(document, CREATED)
        found = parse_registration(
            Written(
                tenant="", document=document, context=CORE, created_at=CREATED, modified_at=CREATED
            )
        )
    except InvalidInput as refused:
        assert str(refused)
    else:
        assert found.information
