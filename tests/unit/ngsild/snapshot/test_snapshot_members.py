"""The members of Snapshots: what is read, refused, changed and told (CIM 009, 5.2.41, 5.16.4, 5.3.4)."""

from typing import Any

import pytest

from hanze.errors import InvalidInput
from hanze.ngsild.context import CORE
from hanze.ngsild.model import JsonValue
from hanze.ngsild.snapshot.model import QueryResult, ResultStatus, Snapshot, Status
from hanze.ngsild.snapshot.parse import (
    Kept,
    checked,
    cleaned,
    lifetime_s,
    parse_snapshot,
    refuse_queries,
    require_queries,
    updated_document,
)
from hanze.ngsild.snapshot.render import members_of, notification_of

NOON = "2026-06-01T12:00:00Z"
LATER = "2026-06-02T12:00:00Z"
QUERIES: list[JsonValue] = [{"type": "Query", "entities": [{"type": "Lamp"}]}]
DOCUMENT: dict[str, JsonValue] = {"id": "urn:s:1", "type": "Snapshot", "snapshotQueries": QUERIES}


def snapshot(*, results: bool = False, **members: Any) -> Snapshot:
    failed = QueryResult(ResultStatus.FAILURE, {"title": "No answer"})
    return parse_snapshot(
        Kept(
            tenant="",
            document={**DOCUMENT, **members},
            context=CORE,
            slot=0,
            results=(QueryResult(ResultStatus.SUCCESS), failed) if results else (),
            temporal_results=(failed,) if results else (),
            status=Status.PARTIAL if results else Status.PREPARING,
            created_at=NOON,
            modified_at=NOON,
            expires_at=LATER,
            last_used_at=NOON,
        )
    )


@pytest.mark.clause("5.2.41")
def test_members_should_be_read_when_they_are_well_formed() -> None:
    read = snapshot(
        snapshotPriority=7,
        snapshotLifetime="P1M",
        endpoint="https://receiver.example:8443/told",
        receiverInfo=[{"key": "X-Key", "value": "sesame"}],
    )
    assert read.priority == 7
    assert read.endpoint == "https://receiver.example:8443/told"
    assert read.receiver_info == (("X-Key", "sesame"),)
    assert lifetime_s(read.document) == 30 * 86_400
    assert lifetime_s({**DOCUMENT, "snapshotLifetime": "PT90S"}) == 90
    assert lifetime_s(DOCUMENT) is None


@pytest.mark.clause("5.2.41")
@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("type", "Query"),
        ("id", "no uri"),
        ("id", 7),
        ("id", "urn:s:é"),
        ("id", "urn:s:" + "x" * 1024),
        ("snapshotLifetime", "tomorrow"),
        ("snapshotLifetime", "PT0S"),
        ("snapshotPriority", 0),
        ("snapshotPriority", 11),
        ("snapshotPriority", 2.5),
        ("snapshotPriority", True),
        ("snapshotPriority", "high"),
        ("endpoint", "mqtt://receiver.example"),
        ("endpoint", "https://"),
        ("endpoint", "https://receiver.example:port/"),
        ("receiverInfo", "X-Key: sesame"),
        ("receiverInfo", [{"key": "X Key", "value": "sesame"}]),
        ("receiverInfo", [{"key": "X-Key", "value": "two\r\nlines"}]),
        ("receiverInfo", [{"key": "X-Key", "value": 1}]),
        ("receiverInfo", [{"key": "X-Key", "value": "x"}] * 101),
        ("snapshotQueries", []),
        ("snapshotQueries", {"type": "Query"}),
        ("snapshotQueries", QUERIES * 101),
    ],
)
def test_members_should_be_refused_when_they_break_the_table(member: str, value: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        snapshot(**{member: value})
    assert refused.value.field is not None
    assert refused.value.field.startswith(member)
    assert "sesame" not in str(refused.value)


@pytest.mark.clause("5.5.4")
def test_cleaned_should_leave_what_a_client_can_say() -> None:
    given: dict[str, JsonValue] = {
        "@id": "urn:s:1",
        "@type": "Snapshot",
        "snapshotStatus": "success",
        "@context": [],
    }
    assert cleaned(given) == {"id": "urn:s:1", "type": "Snapshot"}
    with pytest.raises(InvalidInput, match="snapshotQuerys is no member"):
        cleaned({"snapshotQuerys": []})


@pytest.mark.clause("5.16.1.4")
def test_queries_should_be_there_at_the_creation_alone() -> None:
    require_queries(DOCUMENT)
    with pytest.raises(InvalidInput, match="must be there"):
        require_queries({"type": "Snapshot"})
    refuse_queries({"type": "Snapshot"})
    with pytest.raises(InvalidInput, match="only be set when"):
        refuse_queries(DOCUMENT)


@pytest.mark.clause("5.16.4.4")
def test_updates_should_change_what_can_be_changed() -> None:
    present = snapshot(snapshotPriority=7, endpoint="https://receiver.example/")
    fragment: dict[str, JsonValue] = {
        "id": "urn:s:1",
        "snapshotPriority": 3,
        "endpoint": "urn:ngsi-ld:null",
    }
    assert updated_document(present, fragment) == {**DOCUMENT, "snapshotPriority": 3}
    assert checked(updated_document(present, {"snapshotPriority": None})).has("endpoint")
    wrong_ones: tuple[dict[str, JsonValue], ...] = (
        {"id": "urn:s:2"},
        {"type": "Query"},
        {"snapshotQueries": QUERIES},
    )
    for wrong in wrong_ones:
        with pytest.raises(InvalidInput):
            updated_document(present, wrong)


@pytest.mark.clause("5.3.4")
def test_what_became_of_queries_should_be_told() -> None:
    done = snapshot(results=True)
    details = [
        {"resultStatus": ResultStatus.SUCCESS.value},
        {"resultStatus": ResultStatus.FAILURE.value, "problemDetails": {"title": "No answer"}},
    ]
    told = members_of(done)
    assert told["snapshotStatus"] == Status.PARTIAL.value
    assert told["snapshotQueriesDetails"] == details
    assert told["snapshotTemporalQueriesDetails"] == details[1:]
    notified = notification_of(done, name="urn:n:1", now=NOON)
    assert notified["snapshotId"] == "urn:s:1"
    assert notified["snapshotStatus"] == Status.PARTIAL.value
    assert notified["snapshotQueriesDetails"] == details
    assert notified["temporalSnapshotQueriesDetails"] == details[1:]
    gone = notification_of(snapshot(), name="urn:n:2", now=NOON, deleted=True)
    assert gone["snapshotStatus"] == Status.FAILURE.value
    assert "snapshotQueriesDetails" not in gone
