"""Snapshots from JSON and back (CIM 009, 5.2.23, 5.2.41, 5.16.7)."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.errors import InvalidInput
from hanze.ngsild.context import CORE, build_context
from hanze.ngsild.snapshot.conditions import parse_selection, selects
from hanze.ngsild.snapshot.model import QueryResult, ResultStatus, Snapshot, Status, status_of
from hanze.ngsild.snapshot.parse import Kept, cleaned, parse_snapshot
from hanze.ngsild.snapshot.parse_query import parse_query
from hanze.ngsild.snapshot.render import HIDDEN, render_snapshot

NOON = "2026-06-01T12:00:00Z"


def a_snapshot(**members: Any) -> Snapshot:
    queries = [{"type": "Query", "entities": [{"type": "Lamp"}]}]
    document = {"id": "urn:s:1", "type": "Snapshot", "snapshotQueries": queries, **members}
    return parse_snapshot(
        Kept(
            tenant="",
            document=cleaned(document),
            context=CORE,
            slot=0,
            created_at=NOON,
            modified_at=NOON,
            expires_at="2026-06-02T12:00:00Z",
            last_used_at=NOON,
        )
    )


_SUCCESS, _EMPTY, _FAILURE = (
    QueryResult(one) for one in (ResultStatus.SUCCESS, ResultStatus.EMPTY, ResultStatus.FAILURE)
)


@pytest.mark.clause("5.16.1.4")
@given(st.lists(st.sampled_from([_SUCCESS, _EMPTY, _FAILURE]), min_size=1, max_size=6))
@settings(max_examples=60, deadline=None)
def test_status_of_should_follow_the_clause(results: list[QueryResult]) -> None:
    status = status_of(results)
    if all(one is _SUCCESS for one in results):
        assert status is Status.SUCCESS
    elif _SUCCESS in results:
        assert status is Status.PARTIAL
    else:
        assert status is (Status.EMPTY if _EMPTY in results else Status.FAILURE)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "entities", "q", "geoQ", "pick", "temporalQ", "join", "a"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@pytest.mark.clause("5.2.23")
@given(json=_JSON, temporal=st.booleans())
@settings(max_examples=100, deadline=None)
def test_parse_query_should_refuse_with_invalid_input_alone(json: Any, temporal: bool) -> None:
    try:
        parse_query(json, "snapshotQueries[0]", CORE, temporal=temporal)
    except InvalidInput as error:
        assert error.field is not None


@pytest.mark.clause("5.2.33")
def test_parse_query_should_read_selectors() -> None:
    selectors: Any = [
        {"type": "Lamp", "id": ["urn:a", "urn:b"], "idPattern": "x"},
        {"type": "(A;B)|C", "idPattern": "^urn"},
    ]
    query = parse_query({"type": "Query", "entities": selectors}, "", CORE, temporal=False)
    first, second = query.query.selectors
    assert (first.ids, first.id_pattern) == (("urn:a", "urn:b"), None)
    assert second.id_pattern == "^urn"
    assert query.query.types is not None
    assert len(query.query.types) == 3
    every: Any = {"type": "Query", "entities": [{"type": "*"}]}
    assert parse_query(every, "", CORE, temporal=False).local


@pytest.mark.parametrize(
    "members",
    [
        {"aggrParams": {}},
        {"entities": []},
        {"entities": [{"type": "A", "colour": 1}]},
        {"entities": [{"id": "urn:a"}]},
        {"entities": [{"type": "A", "id": "no uri"}]},
        {"join": "flat", "joinLevel": 1.5},
        {"join": "sideways"},
        {"geoQ": {"georel": "near"}},
        {"geoQ": {"georel": "x", "geometry": "Point", "coordinates": 1}},
        {"datasetId": ["x y"]},
        {"lang": ""},
        {"splitEntities": 1},
    ],
)
def test_parse_query_should_refuse_what_breaks_the_table(members: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        parse_query({"type": "Query", **members}, "", CORE, temporal=False)


@pytest.mark.parametrize(
    "members",
    [
        {"temporalQ": {"timerel": "after"}},
        {"temporalQ": {"timeAt": NOON}},
        {"temporalQ": {"timerel": "after", "timeAt": NOON, "lastN": 1.5}},
        {"temporalQ": {"timerel": "after", "timeAt": NOON, "aggrMethods": "max"}},
        {"temporalQ": {"timerel": "after", "timeAt": NOON}, "join": "flat"},
    ],
)
def test_parse_query_should_refuse_wrong_ranges(members: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        parse_query({"type": "Query", **members}, "", CORE, temporal=True)


def test_rendering_should_mean_the_same_in_other_words() -> None:
    terms = {"licht": CORE.expand_name("level"), "Lantaarn": CORE.expand_vocab("Lamp")}
    other = build_context("http://a.example/words", [terms])
    queries = [
        {
            "type": "Query",
            "entities": [{"type": "Lamp|(A;Lamp)"}],
            "q": "level>1",
            "attrs": ["level"],
            "jsonKeys": "level",
            "geoQ": {
                "georel": "within",
                "geometry": "Point",
                "coordinates": [1, 2],
                "geoproperty": "level",
            },
        },
        {"type": "Query", "omit": ["level"], "q": "level"},
    ]
    snapshot = a_snapshot(snapshotQueries=queries)
    shown: Any = render_snapshot(snapshot, other, hides=False)
    first, second = shown["snapshotQueries"]
    assert first["q"] == "licht>1"
    assert first["attrs"] == ["licht"]
    assert first["jsonKeys"] == "licht"
    assert first["geoQ"]["geoproperty"] == "licht"
    assert first["entities"] == [{"type": "Lantaarn|(A;Lantaarn)"}]
    assert second["omit"] == ["licht"]
    again = parse_query(first, "", other, temporal=False)
    assert again == snapshot.queries[0]


@pytest.mark.clause("5.16.6")
def test_secrets_should_be_hidden_from_readers() -> None:
    info = [{"key": "Authorization", "value": "Bearer secret"}]
    snapshot = a_snapshot(endpoint="https://a.example/told", receiverInfo=info)
    assert render_snapshot(snapshot, CORE, hides=True)["receiverInfo"] == [
        {"key": "Authorization", "value": HIDDEN}
    ]
    assert render_snapshot(snapshot, CORE, hides=False)["receiverInfo"] == info


@pytest.mark.clause("5.16.7")
@pytest.mark.parametrize(
    ("q", "selected"),
    [
        ("snapshotPriority==5", True),
        ("snapshotPriority>5", False),
        ('snapshotStatus=="preparing"', True),
        ('snapshotStatus=="preparation"', True),
        ('snapshotStatus!="success"', True),
        ("createdAt==2026-06-01T12:00:00Z", True),
        ("expiresAt<2026-06-02T00:00:00Z", False),
        ("lastUsedAt<2026-06-02T00:00:00Z", True),
        ("endpoint", False),
        ('id=="urn:s:1"', True),
    ],
)
def test_selects_should_look_at_members(q: str, selected: bool) -> None:
    assert selects(parse_selection(q), a_snapshot()) is selected
