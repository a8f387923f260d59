"""What is looked for in the log, whom records are about, and how they are written to files."""

import csv
import io

import msgspec
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.governance.logs.processing import personal_of, processed
from hanze.governance.logs.rendering import COLUMNS, as_csv, as_json_lines, header_of_csv
from hanze.governance.logs.search import AnyRecord, Logged, LogSearch, matches, needles
from hanze.governance.records.dataset import AccessRights, Dataset
from hanze.governance.records.log import AuditRecord, DecisionRecord, ProcessingRecord
from hanze.governance.rules import Rules
from hanze.identity.caller import Caller
from hanze.identity.trace import Trace
from hanze.ngsild.model import Attribute, AttributeKind, Entity
from hanze.store.log_entries import entry_of

_AT = "2026-03-01T10:00:00Z"
_TRACE = Trace("a" * 32, "b" * 16, "c" * 16)
_TEXT = st.text(st.characters(categories=("L", "N", "P", "S")), max_size=6)


def _dataset(key: str, **said: object) -> Dataset:
    members: dict[str, object] = {"types": ("urn:Care",), "subject": "urn:person"} | said
    named = Dataset(
        id=f"urn:ngsi-ld:Dataset:x:{key}",
        title={},
        types=(),
        access_rights=AccessRights.NON_PUBLIC,
    )
    return msgspec.structs.replace(named, **members)


def _entity(number: int, **said: object) -> Entity:
    attributes = {
        f"urn:{name}": (Attribute(kind=AttributeKind.PROPERTY, value=value),)  # type: ignore[arg-type]  # JSON
        for name, value in said.items()
    }
    return Entity(id=f"urn:c:{number}", types=("urn:Care",), attributes=attributes)


def _records(
    *datasets: Dataset, entities: list[Entity], tenant: str = ""
) -> list[ProcessingRecord]:
    rules = Rules(datasets={one.id: one for one in datasets})
    caller = Caller("ann", "urn:org:1", purpose="urn:p", activity="urn:a", tenant=tenant)
    return processed(
        personal_of(rules, tenant),
        caller,
        entities,
        lambda tenant, subject: f"{tenant}/{subject}",
        name="read",
        now=_AT,
        trace=_TRACE,
    )


def test_processed_should_have_a_record_for_each_data_subject() -> None:
    entities = [_entity(1, person="p1"), _entity(2, person=["p1", "p2"]), _entity(3, person="p3")]
    found = _records(_dataset("a"), _dataset("b", types=()), entities=entities)
    assert sorted(one.subject for one in found) == ["/p1", "/p2", "/p3"]
    for one in found:
        assert one.datasets == ("urn:ngsi-ld:Dataset:x:a", "urn:ngsi-ld:Dataset:x:b")
        assert (one.organisation, one.purpose, one.activity) == ("urn:org:1", "urn:p", "urn:a")
        assert (one.trace_id, one.span_id, one.parent_span_id) == ("a" * 32, "b" * 16, "c" * 16)
        # Employees who act are in the decision with the same trace.
        assert b"ann" not in entry_of(one).body


def test_processed_should_count_only_what_is_given() -> None:
    steps = _dataset("steps", attributes=("urn:steps",))
    assert _records(steps, entities=[_entity(1, person="p1")]) == []
    assert len(_records(steps, entities=[_entity(1, person="p1", steps=3)])) == 1
    assert _records(_dataset("other", types=("urn:Bin",)), entities=[_entity(1, person="p")]) == []
    assert _records(_dataset("else", tenant="t"), entities=[_entity(1, person="p")]) == []
    assert len(_records(_dataset("any", tenant="*"), entities=[_entity(1, person="p")])) == 1


def test_processed_should_name_the_entity_when_nothing_names_the_data_subject() -> None:
    nameless = _dataset("a", subject="", personal=True)
    assert [one.subject for one in _records(nameless, entities=[_entity(4)])] == ["/urn:c:4"]
    assert [one.subject for one in _records(_dataset("b"), entities=[_entity(5)])] == ["/urn:c:5"]
    by_id = _dataset("c", subject="@id")
    assert [one.subject for one in _records(by_id, entities=[_entity(6)])] == ["/urn:c:6"]


def test_processed_should_be_confidential_when_any_dataset_is() -> None:
    found = _records(
        _dataset("a"), _dataset("b", confidential=True), entities=[_entity(1, person="p")]
    )
    assert [one.confidential for one in found] == [True]


def _decision(**said: object) -> DecisionRecord:
    members = {"at": _AT, "actor": "ann", "action": "read", "decision": True} | said
    return DecisionRecord(**members)  # type: ignore[arg-type]  # members as the test has them


@settings(max_examples=50)
@given(
    st.builds(
        _decision,
        actor=_TEXT,
        organisation=_TEXT,
        datasets=st.lists(_TEXT, max_size=2).map(tuple),
        reason=_TEXT,
        asked=st.lists(_TEXT, max_size=2).map(tuple),
        decision=st.booleans(),
    ),
    st.builds(
        LogSearch,
        actor=_TEXT,
        dataset=_TEXT,
        reason=_TEXT,
        about=_TEXT,
        kind=st.sampled_from(["", "decision"]),
    ),
)
def test_needles_should_be_in_every_record_that_matches(
    record: DecisionRecord, search: LogSearch
) -> None:
    for asked in (search, LogSearch(actor=record.actor, reason=record.reason)):
        if matches(asked, record):
            body = entry_of(record).body
            assert all(needle in body for needle in needles(asked))
    assert matches(LogSearch(actor=record.actor, reason=record.reason), record)


@pytest.mark.parametrize(
    ("since", "until", "found"),
    [
        ("2026-03-01T10:00:00Z", "", True),
        ("2026-03-01T10:00:01Z", "", False),
        ("", "2026-03-01T10:00:00Z", False),
        ("", "2026-03-01T10:00:00.5Z", True),
    ],
)
def test_matches_should_take_the_beginning_of_a_time_and_not_its_end(
    since: str, until: str, found: bool
) -> None:
    assert matches(LogSearch(since=since, until=until), _decision()) is found


def test_files_should_hold_everything_that_records_say() -> None:
    records: list[AnyRecord] = [
        _decision(datasets=("urn:a", "urn:b"), decision=False, reason="no_agreement"),
        ProcessingRecord(at=_AT, name="read", subject="p"),
        AuditRecord(at=_AT, actor='=cmd|"x"', name="log.read", detail="a, b\nc"),
    ]
    logged = [Logged(number, record) for number, record in enumerate(records, start=1)]
    lines = [orjson.loads(line) for line in as_json_lines(logged).splitlines()]
    assert [(one["number"], one["log"]) for one in lines] == [
        (1, "decision"),
        (2, "processing"),
        (3, "audit"),
    ]
    text = (header_of_csv() + as_csv(logged)).decode()
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert tuple(rows[0]) == COLUMNS
    assert (rows[0]["datasets"], rows[0]["decision"]) == ("urn:a urn:b", "false")
    assert rows[1]["status"] == "Ok"
    # No spreadsheet reckons with a name that somebody chose.
    assert rows[2]["actor"] == '\'=cmd|"x"'
    assert rows[2]["detail"] == "a, b\nc"
