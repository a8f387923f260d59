"""Subscriptions from JSON: every member, and what each table refuses (CIM 009, 5.2.12 to 5.2.15)."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.errors import InvalidInput
from hanze.ngsild.context import build_context
from hanze.ngsild.query.tree import Comparison, EntitySelector, GeoRelation, Operator
from hanze.ngsild.subscription.model import Accept, Format, Join, Trigger
from hanze.ngsild.subscription.parse import cleaned, given_context, refuse_past
from hanze.ngsild.subscription.render import worded
from hanze.ngsild.terms import NGSI_LD
from tests.subscribing import read

DEFAULT = "https://uri.etsi.org/ngsi-ld/default-context/"
VEHICLES: dict[str, Any] = {"entities": [{"type": "Vehicle"}]}
NULL = "urn:ngsi-ld:null"


@pytest.mark.clause("5.2.12")
def test_a_subscription_should_be_read_when_it_has_every_member() -> None:
    found = read(
        {
            "entities": [
                {"type": "(Vehicle;Bus)|Tram", "id": ["urn:v:1", "urn:v:2"], "idPattern": "x"},
                {"type": "Bike", "idPattern": "^urn:b:"},
            ],
            "watchedAttributes": ["speed"],
            "notificationTrigger": ["entityUpdated", "entityDeleted"],
            "q": "speed>50",
            "geoQ": {
                "georel": "near;maxDistance==2000",
                "geometry": "Point",
                "coordinates": "[6.1,52.2]",
                "geoproperty": "place",
            },
            "scopeQ": "/City/#",
            "csf": "owner==1",
            "datasetId": ["@none", "urn:d:1"],
            "description": "d",
            "subscriptionName": "n",
            "expandValues": "kind",
            "jsonKeys": "raw",
            "expiresAt": "2099-01-01T00:00:00,5Z",
            "isActive": False,
            "lang": "nl,en;q=0.5",
            "localOnly": True,
            "splitEntities": False,
            "ngsildConformance": "1.5",
            "throttling": 0.5,
        },
        tenant="city",
    )
    assert found.tenant == "city"
    assert found.entities == (
        EntitySelector(
            ids=("urn:v:1", "urn:v:2"),
            types=(
                frozenset({DEFAULT + "Vehicle", DEFAULT + "Bus"}),
                frozenset({DEFAULT + "Tram"}),
            ),
        ),
        EntitySelector(id_pattern="^urn:b:", types=(frozenset({DEFAULT + "Bike"}),)),
    )
    assert found.watched == (DEFAULT + "speed",)
    assert found.triggers == set(Trigger) - {Trigger.ENTITY_CREATED}
    assert isinstance(found.q, Comparison)
    assert found.q.operator is Operator.GREATER
    assert found.geo is not None
    assert found.geo.relation is GeoRelation.NEAR
    assert found.geo.attribute == DEFAULT + "place"
    assert found.csf is not None
    assert found.datasets == frozenset({None, "urn:d:1"})
    assert found.expires_at == "2099-01-01T00:00:00.5Z"
    assert not found.is_active
    assert found.languages is not None
    assert found.local_only
    assert found.split_entities is False
    assert found.version == "1.5"
    assert found.throttling_s == 0.5


@pytest.mark.clause("5.2.14")
@pytest.mark.clause("5.2.15")
def test_a_notification_should_be_read_when_it_has_every_member() -> None:
    endpoint: dict[str, Any] = {
        "uri": "mqtts://user:secret@example.org:8884/city/air",
        "accept": "application/geo+json",
        "cooldown": 500,
        "timeout": 2.5,
        "receiverInfo": [{"key": "Authorization", "value": "Bearer x"}],
        "notifierInfo": [{"key": "MQTT-QoS", "value": "2"}, {"key": "x", "value": ""}],
    }
    params = read(
        VEHICLES,
        notification={
            "endpoint": endpoint,
            "pick": ["id", "owner{name,address}", "speed"],
            "omit": ["scope"],
            "format": "concise",
            "join": "inline",
            "joinLevel": 2,
            "showChanges": True,
            "sysAttrs": True,
        },
    ).notification
    assert params.endpoint.accept is Accept.GEO_JSON
    assert (params.endpoint.cooldown_ms, params.endpoint.timeout_ms) == (500, 2.5)
    assert params.endpoint.receiver_info == (("Authorization", "Bearer x"),)
    assert params.endpoint.notifier_info == (("MQTT-QoS", "2"), ("x", ""))
    assert params.projection is not None
    assert params.projection.pick is not None
    assert [term.name for term in params.projection.pick] == [
        "@id",
        DEFAULT + "owner",
        DEFAULT + "speed",
    ]
    assert [term.name for term in params.projection.omit] == [NGSI_LD + "scope"]
    assert params.format is Format.CONCISE
    assert (params.join, params.join_level) == (Join.INLINE, 2)
    assert params.show_changes
    assert params.sys_attrs


@pytest.mark.clause("5.2.12")
def test_defaults_should_be_those_of_the_tables_when_little_is_said() -> None:
    found = read({"watchedAttributes": ["speed"]})
    assert found.triggers == {Trigger.ATTRIBUTE_CREATED, Trigger.ATTRIBUTE_UPDATED}
    assert found.is_active
    assert found.entities == ()
    assert found.notification.format is Format.NORMALIZED
    assert found.notification.join is None
    assert found.notification.join_level == 0
    assert found.notification.endpoint.accept is Accept.JSON
    assert read(VEHICLES, notification={"join": "flat"}).notification.join_level == 1
    assert read(VEHICLES, notification={"join": "@none", "joinLevel": 3}).notification.join is None
    assert read({"entities": [{"type": "*"}]}).entities == (EntitySelector(),)
    assert read({"localOnly": True}).entities == ()
    timed = read({"timeInterval": 5, "localOnly": True})
    assert timed.time_interval_s == 5
    array: dict[str, Any] = {"georel": "within", "geometry": "Point", "coordinates": [1, 2]}
    text = {**array, "coordinates": "[1,2]"}
    assert read({**VEHICLES, "geoQ": array}).geo == read({**VEHICLES, "geoQ": text}).geo


@pytest.mark.clause("5.5.4")
@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("somethingElse", {"somethingElse": 1}),
        ("entities.more", {"entities": [{"type": "Vehicle", "more": 1}]}),
        ("geoQ.x", {"geoQ": {"georel": "within", "x": 1}}),
        ("notification.endpoint.y", {"notification": {"endpoint": {"y": 1}}}),
        (
            "notification.endpoint.receiverInfo.z",
            {"notification": {"endpoint": {"receiverInfo": [{"key": "k", "z": 1}]}}},
        ),
    ],
)
def test_members_that_no_table_knows_should_be_refused_by_name(
    field: str, body: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        cleaned(body)
    assert refusal.value.field == field


@pytest.mark.clause("5.2.12")
def test_members_that_the_node_generates_should_be_ignored_when_they_are_given() -> None:
    body: dict[str, Any] = {
        "@id": "urn:s:9",
        "@type": "Subscription",
        "status": "expired",
        "createdAt": "x",
        "entities": [{"@type": "Vehicle"}],
        "geoQ": {"georel": "within"},
        "notification": {
            "endpoint": {"uri": "http://a.nl", "receiverInfo": [{"key": "k"}]},
            "timesSent": 42,
            "status": "ok",
        },
    }
    assert cleaned(body) == {
        "id": "urn:s:9",
        "type": "Subscription",
        "entities": [{"type": "Vehicle"}],
        "geoQ": {"georel": "within"},
        "notification": {"endpoint": {"uri": "http://a.nl", "receiverInfo": [{"key": "k"}]}},
    }


WRONG: list[tuple[str, dict[str, Any]]] = [
    ("id", {"id": "no uri"}),
    ("id", {"id": ""}),
    ("type", {"type": "Entity"}),
    ("entities", {}),
    ("entities", {"entities": []}),
    ("entities", {"entities": {"type": "Vehicle"}}),
    ("entities[0]", {"entities": ["Vehicle"]}),
    ("entities[0].type", {"entities": [{"id": "urn:v:1"}]}),
    ("entities[0].type", {"entities": [{"type": "(Vehicle"}]}),
    ("entities[0].type", {"entities": [{"type": "*"}], "localOnly": False}),
    ("entities[1].id", {"entities": [{"type": "Vehicle"}, {"type": "Bus", "id": "bus"}]}),
    ("entities[0].id", {"entities": [{"type": "Vehicle", "id": []}]}),
    ("entities[0].idPattern", {"entities": [{"type": "Vehicle", "idPattern": "("}]}),
    ("watchedAttributes", {"watchedAttributes": []}),
    ("watchedAttributes", {"watchedAttributes": "speed"}),
    ("watchedAttributes", {"watchedAttributes": [1]}),
    ("watchedAttributes", {"watchedAttributes": ["a b"]}),
    ("watchedAttributes", {"timeInterval": 5, "watchedAttributes": ["speed"]}),
    ("throttling", {**VEHICLES, "timeInterval": 5, "throttling": 5}),
    ("entities", {"timeInterval": 5}),
    ("timeInterval", {**VEHICLES, "timeInterval": 0}),
    ("timeInterval", {**VEHICLES, "timeInterval": True}),
    ("timeInterval", {**VEHICLES, "timeInterval": 10**400}),
    ("throttling", {**VEHICLES, "throttling": -1}),
    ("throttling", {**VEHICLES, "throttling": "5"}),
    ("notificationTrigger", {**VEHICLES, "notificationTrigger": ["entityChanged"]}),
    ("notificationTrigger", {**VEHICLES, "notificationTrigger": []}),
    ("q", {**VEHICLES, "q": "speed>"}),
    ("q", {**VEHICLES, "q": ""}),
    ("q", {**VEHICLES, "q": 5}),
    ("csf", {**VEHICLES, "csf": "(("}),
    ("scopeQ", {**VEHICLES, "scopeQ": "/5"}),
    ("geoQ", {**VEHICLES, "geoQ": "within"}),
    ("geoQ.georel", {**VEHICLES, "geoQ": {"geometry": "Point", "coordinates": [1, 2]}}),
    ("geoQ.geometry", {**VEHICLES, "geoQ": {"georel": "within", "coordinates": [1, 2]}}),
    ("geoQ.coordinates", {**VEHICLES, "geoQ": {"georel": "within", "geometry": "Point"}}),
    (
        "geoQ.coordinates",
        {**VEHICLES, "geoQ": {"georel": "within", "geometry": "Point", "coordinates": 5}},
    ),
    ("georel", {**VEHICLES, "geoQ": {"georel": "at", "geometry": "Point", "coordinates": [1, 2]}}),
    ("temporalQ", {**VEHICLES, "temporalQ": {}}),
    ("datasetId", {**VEHICLES, "datasetId": ["none"]}),
    ("datasetId", {**VEHICLES, "datasetId": "urn:d:1"}),
    ("description", {**VEHICLES, "description": 5}),
    ("subscriptionName", {**VEHICLES, "subscriptionName": NULL}),
    ("expandValues", {**VEHICLES, "expandValues": ["a"]}),
    ("jsonKeys", {**VEHICLES, "jsonKeys": "a,,b", "q": "a==1"}),
    ("expiresAt", {**VEHICLES, "expiresAt": "tomorrow"}),
    ("isActive", {**VEHICLES, "isActive": "true"}),
    ("lang", {**VEHICLES, "lang": "n_l"}),
    ("localOnly", {**VEHICLES, "localOnly": 1}),
    ("splitEntities", {**VEHICLES, "splitEntities": "no"}),
    ("ngsildConformance", {**VEHICLES, "ngsildConformance": "1.6.1"}),
    ("ngsildConformance", {**VEHICLES, "ngsildConformance": 1.6}),
    ("notification", {**VEHICLES, "notification": None}),
    ("notification", {**VEHICLES, "notification": "http://example.org"}),
    ("notification.endpoint", {**VEHICLES, "notification": {}}),
    ("notification.endpoint.uri", {**VEHICLES, "notification": {"endpoint": {}}}),
]


@pytest.mark.clause("5.8.1")
@pytest.mark.parametrize(("field", "body"), WRONG)
def test_a_subscription_should_be_refused_when_a_member_breaks_its_table(
    field: str, body: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInput) as refused:
        read(body)
    assert refused.value.field == field
    assert refused.value.clause


URI = "notification.endpoint.uri"
INFO = "notification.endpoint.receiverInfo"
WRONG_PARAMS: list[tuple[str, dict[str, Any]]] = [
    *((f"notification.{name}", {name: []}) for name in ("attributes", "pick", "omit")),
    ("notification.attributes", {"attributes": ["id"]}),
    ("notification.attributes", {"attributes": ["speed", "scope"]}),
    ("notification.attributes", {"attributes": ["speed"], "pick": ["speed"]}),
    ("notification.attributes", {"attributes": ["speed"], "omit": ["name"]}),
    ("notification.omit", {"pick": ["id", "speed"], "omit": ["speed"]}),
    ("notification.pick", {"pick": ["owner{"]}),
    ("notification.omit", {"omit": ["a b"]}),
    ("notification.format", {"format": "geojson"}),
    ("notification.showChanges", {"format": "keyValues", "showChanges": True}),
    ("notification.showChanges", {"format": "simplified", "showChanges": True}),
    ("notification.showChanges", {"showChanges": "yes"}),
    ("notification.sysAttrs", {"sysAttrs": 1}),
    ("notification.join", {"join": "both"}),
    ("notification.joinLevel", {"join": "flat", "joinLevel": 0}),
    ("notification.joinLevel", {"join": "flat", "joinLevel": 1.5}),
    ("notification.joinLevel", {"join": "flat", "joinLevel": 11}),
    (URI, {"endpoint": {"uri": "urn:example:1"}}),
    (URI, {"endpoint": {"uri": "ftp://example.org/x"}}),
    (URI, {"endpoint": {"uri": "http://"}}),
    (URI, {"endpoint": {"uri": "http://example.org:99999/"}}),
    (URI, {"endpoint": {"uri": "http://exa mple.org/"}}),
    (URI, {"endpoint": {"uri": "mqtt://example.org"}}),
    (URI, {"endpoint": {"uri": "mqtt://example.org/"}}),
    (URI, {"endpoint": {"uri": "mqtt://example.org/air/#"}}),
    (URI, {"endpoint": {"uri": 5}}),
    ("notification.endpoint.accept", {"endpoint": {"uri": "http://a.nl", "accept": "text/xml"}}),
    ("notification.endpoint.cooldown", {"endpoint": {"uri": "http://a.nl", "cooldown": 0}}),
    ("notification.endpoint.timeout", {"endpoint": {"uri": "http://a.nl", "timeout": -5}}),
    (INFO, {"endpoint": {"uri": "http://a.nl", "receiverInfo": {"key": "k", "value": "v"}}}),
    *(
        (f"{INFO}[0]{member}", {"endpoint": {"uri": "http://a.nl", "receiverInfo": [pair]}})
        for member, pair in (
            (".value", {"key": "K", "value": 42}),
            (".value", {"key": "K"}),
            (".key", {"key": 5, "value": "v"}),
            (".key", {"key": "", "value": "v"}),
            ("", "k"),
        )
    ),
    *(
        (INFO, {"endpoint": {"uri": "http://a.nl", "receiverInfo": [{"key": key, "value": value}]}})
        for key, value in (
            ("bad name", "v"),
            ("X", "a\r\nEvil: 1"),
            ("X", "센서"),
            ("Content-Length", "5"),
            ("host", "evil"),
        )
    ),
    *(
        (
            "notification.endpoint.notifierInfo",
            {"endpoint": {"uri": "mqtt://a.nl/t", "notifierInfo": [{"key": key, "value": value}]}},
        )
        for key, value in (("MQTT-QoS", "3"), ("MQTT-Version", "mqtt4"))
    ),
]


@pytest.mark.clause("5.2.14")
@pytest.mark.clause("5.2.15")
@pytest.mark.clause("5.2.22")
@pytest.mark.parametrize(("field", "notification"), WRONG_PARAMS)
def test_a_subscription_should_be_refused_when_its_notification_breaks_a_table(
    field: str, notification: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInput) as refused:
        read(VEHICLES, notification=notification)
    assert refused.value.field == field


@pytest.mark.clause("5.8.1")
def test_an_expiry_should_be_refused_when_it_has_come() -> None:
    with pytest.raises(InvalidInput, match="future"):
        refuse_past({"expiresAt": "2026-01-01T00:00:00Z"}, "2026-01-01T00:00:01Z")
    refuse_past({"expiresAt": "2026-01-01T00:00:02Z"}, "2026-01-01T00:00:01Z")
    refuse_past({}, "2026-01-01T00:00:01Z")


@pytest.mark.clause("5.2.12")
def test_the_context_of_notifications_should_be_a_url_when_it_is_given() -> None:
    assert given_context({}) is None
    assert given_context({"jsonldContext": "https://a.nl/c"}) == "https://a.nl/c"
    for wrong in ("urn:c", "file:///etc/passwd", 5, ["https://a.nl/c"]):
        with pytest.raises(InvalidInput):
            given_context({"jsonldContext": wrong})


names = st.sampled_from(["speed", "owner", "place", "urn:x:odd", "https://example.org/ns#level"])
types = st.sampled_from(["Vehicle", "(Vehicle;Bus)", "Tram|Bus", "urn:x:T", "Bus,(Tram;Bike)"])
queries = st.sampled_from(
    [
        "speed>50",
        'owner{name}=="a";speed<=1|place',
        "place[inner.deep]==1..5",
        "type==Vehicle",
        'speed~="^a"',
        "speed.observedAt>2026-01-01T00:00:00Z",
        'kind=="red","blue"',
    ]
)
projections = st.sampled_from(["id", "type", "scope", "speed", "owner{name,place{deep}}"])
bodies = st.fixed_dictionaries(
    {
        "entities": st.lists(
            st.fixed_dictionaries(
                {"type": types},
                optional={"id": st.just("urn:v:1"), "idPattern": st.just("^urn:")},
            ),
            min_size=1,
            max_size=3,
        )
    },
    optional={
        "watchedAttributes": st.lists(names, min_size=1, max_size=3),
        "q": queries,
        "csf": queries,
        "expandValues": st.just("kind, owner"),
        "jsonKeys": st.just("place"),
        "geoQ": st.fixed_dictionaries(
            {
                "georel": st.sampled_from(["within", "near;minDistance==5"]),
                "geometry": st.just("Point"),
                "coordinates": st.sampled_from(["[1,2]", [1, 2]]),
            },
            optional={"geoproperty": names},
        ),
        "description": st.text(min_size=1, max_size=5),
        "throttling": st.floats(0.001, 1e6),
    },
)
notifications = st.one_of(
    st.fixed_dictionaries({"attributes": st.lists(names, min_size=1, max_size=3)}),
    st.fixed_dictionaries({}, optional={"pick": st.lists(projections, min_size=1, max_size=3)}),
    st.fixed_dictionaries({"omit": st.lists(projections, min_size=1, max_size=2)}),
)
OTHER = build_context(
    "https://example.org/c",
    (
        {
            "ex": "https://example.org/ns#",
            "velocity": DEFAULT + "speed",
            "keeper": DEFAULT + "owner",
            "Car": DEFAULT + "Vehicle",
            "level": "ex:level",
        },
    ),
)


@pytest.mark.clause("5.5.7")
@settings(max_examples=100, deadline=None)
@given(bodies, notifications)
def test_a_subscription_should_mean_the_same_when_it_is_read_in_other_words(
    body: dict[str, Any], notification: dict[str, Any]
) -> None:
    first = read(body, notification=notification)
    assert worded(first, first.context) == first.document
    document = worded(first, OTHER)
    again = read(document, context=OTHER)
    for name in ("entities", "watched", "geo", "csf", "notification", "throttling_s"):
        assert getattr(again, name) == getattr(first, name), name
    if not (first.q is not None and "type" in body.get("q", "")):
        assert again.q == first.q
    back = read(worded(again, first.context))
    assert back.entities == first.entities
    assert back.notification == first.notification


@pytest.mark.clause("5.5.7")
def test_names_should_be_those_of_the_context_when_it_is_another() -> None:
    subscription = read(
        {
            "entities": [{"type": "(Vehicle;Bus)"}],
            "watchedAttributes": ["speed"],
            "q": "owner.speed>5",
            "geoQ": {
                "georel": "within",
                "geometry": "Point",
                "coordinates": [1, 2],
                "geoproperty": "place",
            },
        },
        notification={"attributes": ["speed", "owner"]},
    )
    written = worded(subscription, OTHER)
    assert written["entities"] == [{"type": "(Bus;Car)"}]
    assert written["watchedAttributes"] == ["velocity"]
    assert written["q"] == "keeper.velocity>5"
    assert written["geoQ"]["geoproperty"] == "place"  # type: ignore[index, call-overload]  # an object
    assert written["notification"]["attributes"] == ["velocity", "keeper"]  # type: ignore[index, call-overload]  # an object
