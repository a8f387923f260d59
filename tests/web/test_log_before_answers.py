"""Pieces of an answer wait for the log; traces come from who asks, or begin here."""

from pathlib import Path

import apsw
import orjson
import pytest
from starlette.types import Message

from hanze.errors import StoreFailure
from hanze.governance.records.log import AuditRecord
from hanze.identity.caller import ANONYMOUS, Caller
from hanze.identity.roles import DEVELOPER
from hanze.store.files import DATABASE
from hanze.store.store import Store
from hanze.web.settling import SettledSend
from hanze.web.tracing import traced

_START: Message = {"type": "http.response.start", "status": 200, "headers": []}
_RECORD = AuditRecord(at="2026-03-01T10:00:00Z", actor="ann", name="step")
_TRACEPARENT = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def _piece(text: bytes) -> Message:
    return {"type": "http.response.body", "body": text, "more_body": True}


def _break(directory: Path) -> None:
    connection = apsw.Connection(str(directory / DATABASE))
    connection.execute(
        "CREATE TRIGGER no BEFORE INSERT ON log BEGIN SELECT RAISE(ABORT, 'no'); END"
    )
    connection.close()


async def test_each_piece_should_be_sent_once_it_is_accounted_for(tmp_path: Path) -> None:
    store = await Store.open(tmp_path)
    sent: list[tuple[Message, int]] = []

    async def send(message: Message) -> None:
        sent.append((message, store.log.head.number))

    settled = SettledSend(store.log, send)
    store.log.stage([_RECORD])
    await settled(_START)
    await settled(_piece(b"a"))
    store.log.stage([_RECORD])
    await settled(_piece(b"b"))
    assert [number for _, number in sent] == [1, 1, 2]
    await store.close()


async def test_answer_should_be_a_problem_when_the_log_cannot_be_written(tmp_path: Path) -> None:
    store = await Store.open(tmp_path)
    _break(tmp_path)
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    settled = SettledSend(store.log, send)
    store.log.stage([_RECORD])
    await settled(_START)
    await settled(_piece(b"secret"))
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert sent[0]["status"] == 500
    assert "log cannot be written" in orjson.loads(sent[1]["body"])["detail"]
    await store.close()


async def test_answer_should_break_off_when_the_log_fails_on_the_way(tmp_path: Path) -> None:
    store = await Store.open(tmp_path)
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    settled = SettledSend(store.log, send)
    await settled(_START)
    _break(tmp_path)
    store.log.stage([_RECORD])
    with pytest.raises(StoreFailure):
        await settled(_piece(b"secret"))
    assert sent == [_START]
    await store.close()


def test_traced_should_go_on_with_the_trace_of_who_asks() -> None:
    caller = traced(Caller("ann"), _TRACEPARENT)
    assert caller.trace is not None
    assert caller.trace.trace_id == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert caller.trace.parent_span_id == "00f067aa0ba902b7"
    assert traced(ANONYMOUS, _TRACEPARENT).trace is not None


def test_traced_should_begin_a_trace_for_who_is_known_and_brings_none() -> None:
    ann = Caller("ann")
    first, second = traced(ann, None).trace, traced(ann, b"nonsense").trace
    assert first is not None
    assert second is not None
    assert first.trace_id != second.trace_id
    assert traced(ANONYMOUS, None) is ANONYMOUS
    developer = Caller("dev", roles=frozenset({DEVELOPER}))
    assert traced(developer, None) is developer
