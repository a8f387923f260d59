"""What sources say of their part of a write: whatever comes, each part of it has a result."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.broker.distribution.answers import Reply
from hanze.broker.distribution.ports import FailureKind, SourceFailed
from hanze.broker.distribution.warnings import BadGateway, GatewayTimeout
from hanze.broker.distribution.writing.answers import attempts_of, batch_attempts
from hanze.broker.distribution.writing.outcome import Attempt, NotAtSource
from hanze.broker.provision import EntityAlreadyExists
from hanze.errors import Conflicting
from hanze.ngsild.context import CORE
from tests.unit.broker.distribution.registered import registered

Json = Any
BIN = "urn:ngsi-ld:Bin:1"
LAMP = "urn:ngsi-ld:Lamp:1"
NAMES = (CORE.expand_name("level"), CORE.expand_name("size"))
SOURCE = "urn:ngsi-ld:ContextSourceRegistration:1"


def reply(status: int, body: Json = None) -> Reply:
    return Reply(registration=registered(), status=status, body=body, context=CORE, headers={})


def problem(name: str, **members: Json) -> Json:
    return {"type": f"https://uri.etsi.org/ngsi-ld/errors/{name}", **members}


def told(*attempts: Attempt) -> list[tuple[tuple[str, ...], str | None]]:
    return [
        (one.names, None if one.error is None else type(one.error).__name__) for one in attempts
    ]


@pytest.mark.clause("6.3.17")
@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (reply(204), None),
        (reply(404), NotAtSource),
        (reply(409, problem("AlreadyExists")), EntityAlreadyExists),
        (reply(409, problem("Conflict", detail="a\nb")), Conflicting),
        (reply(409, "x"), Conflicting),
        (
            SourceFailed("late", registration_id=SOURCE, kind=FailureKind.TIMEOUT),
            GatewayTimeout,
        ),
    ],
)
def test_status_should_tell_of_the_whole_part(
    answer: Reply | SourceFailed, error: type[Exception] | None
) -> None:
    (attempt,) = attempts_of(answer, BIN, NAMES)
    assert (attempt.names, attempt.registration_id) == (NAMES, SOURCE)
    assert attempt.error is None if error is None else type(attempt.error) is error
    assert "\n" not in str(attempt.error)


@pytest.mark.clause("5.6.1")
def test_created_should_be_told() -> None:
    assert attempts_of(reply(201), BIN, NAMES)[0].created
    assert not attempts_of(reply(204), BIN, NAMES)[0].created


@pytest.mark.clause("5.2.18")
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            {"updated": ["level"], "notUpdated": [{"attributeName": "size", "reason": "no"}]},
            [(NAMES[:1], None), (NAMES[1:], "BadGateway")],
        ),
        ({"updated": [], "notUpdated": []}, [(NAMES, None)]),
        # Who names nothing that it was sent may have done none of it.
        (
            {"notUpdated": [{"attributeName": "x"}]},
            [(NAMES[:1], "BadGateway"), (NAMES[1:], "BadGateway")],
        ),
        ({"success": [BIN], "errors": []}, [(NAMES, None)]),
        (
            {"success": [BIN], "errors": [{"entityId": BIN, "error": problem("Conflict")}]},
            [(NAMES, None), (NAMES, "Conflicting")],
        ),
        (
            {"success": [], "errors": [{"entityId": BIN, "error": problem("ResourceNotFound")}]},
            [(NAMES, "NotAtSource")],
        ),
        ([], [(NAMES, "BadGateway")]),
        (None, [(NAMES, "BadGateway")]),
    ],
)
def test_parts_should_be_told_apart(body: Json, expected: Json) -> None:
    assert told(*attempts_of(reply(207, body), BIN, NAMES)) == expected


@pytest.mark.clause("5.2.16")
def test_each_entity_of_a_batch_should_have_its_result() -> None:
    items = [(BIN, NAMES), (LAMP, NAMES[:1])]
    created = batch_attempts(reply(201, [BIN]), items)
    assert [one.created for (one,) in created] == [True, False]
    assert [one.created for (one,) in batch_attempts(reply(204), items)] == [False, False]
    partly = {"success": [BIN], "errors": [{"entityId": LAMP, "error": problem("AlreadyExists")}]}
    assert [told(*one) for one in batch_attempts(reply(207, partly), items)] == [
        [(NAMES, None)],
        [(NAMES[:1], "EntityAlreadyExists")],
    ]
    failed = SourceFailed("no", registration_id=SOURCE, kind=FailureKind.REFUSED, status=503)
    assert [type(one.error) for (one,) in batch_attempts(failed, items)] == [BadGateway] * 2
    assert [type(one.error) for (one,) in batch_attempts(reply(404), items)] == [NotAtSource] * 2


json_values: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.integers() | st.sampled_from([BIN, LAMP, "level", "x" * 999, ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *("success", "errors", "updated", "notUpdated", "entityId", "error"),
                    *("attributeName", "reason", "type", "title", "detail"),
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(body=json_values, status=st.sampled_from([201, 204, 207, 404, 409]))
@settings(max_examples=100, deadline=None)
def test_garbage_should_be_read_as_results_of_what_was_asked(body: Json, status: int) -> None:
    for attempts in (
        attempts_of(reply(status, body), BIN, NAMES),
        *batch_attempts(reply(status, body), [(BIN, NAMES), (LAMP, NAMES)]),
    ):
        assert attempts
        assert {name for one in attempts for name in one.names} == set(NAMES)
        for one in attempts:
            assert len(str(one.error)) < 600
