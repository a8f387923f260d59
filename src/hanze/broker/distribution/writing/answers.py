"""What sources answer to writes (CIM 009, 5.2.16 to 5.2.19, 6.3.6): nothing of it is trusted.

What an answer names that was not asked for is passed over, and texts are cut.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from hanze.broker.distribution.answers import Reply
from hanze.broker.distribution.ports import SourceFailed
from hanze.broker.distribution.warnings import BadGateway, error_of
from hanze.broker.distribution.writing.outcome import Attempt, NotAtSource
from hanze.broker.provision import EntityAlreadyExists
from hanze.errors import Conflicting, HanzeError
from hanze.ngsild.model import JsonObject, JsonValue

__all__ = ["CONFLICT", "attempts_of", "batch_attempts"]

#: Answers that mean something other than that the source cannot be used.
CONFLICT: Final = frozenset({409})

_CREATED: Final = 201
_MULTI_STATUS: Final = 207
_NOT_FOUND: Final = 404

_LONGEST: Final = 200
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f]+")


def attempts_of(
    answer: Reply | SourceFailed, entity_id: str, names: tuple[str, ...]
) -> tuple[Attempt, ...]:
    """Read what a source made of its part of one entity.

    Args:
        answer: To the request.
        entity_id: What the request was about.
        names: What of it: IRIs of attributes, or what else.
    """
    if isinstance(answer, SourceFailed):
        failed = Attempt(
            names=names, registration_id=answer.registration_id, error=error_of(answer)
        )
        return (failed,)
    source = answer.registration.id
    if answer.status == _MULTI_STATUS:
        return tuple(_of_parts(answer, entity_id, names))
    error = _error(answer, entity_id)
    created = answer.status == _CREATED
    return (Attempt(names=names, registration_id=source, error=error, created=created),)


def batch_attempts(
    answer: Reply | SourceFailed, items: Sequence[tuple[str, tuple[str, ...]]]
) -> list[tuple[Attempt, ...]]:
    """Read what a source made of a batch.

    Args:
        answer: To the request.
        items: Ids, each once, and what of each entity was sent.

    Returns:
        One element for each item.
    """
    if isinstance(answer, SourceFailed) or answer.status in {_NOT_FOUND, *CONFLICT}:
        return [attempts_of(answer, entity_id, names) for entity_id, names in items]
    source = answer.registration.id
    if answer.status != _MULTI_STATUS:
        body = answer.body if answer.status == _CREATED else []
        created = _ids(body)
        return [
            (Attempt(names=names, registration_id=source, created=entity_id in created),)
            for entity_id, names in items
        ]
    done, errors = _batch_result(answer.body)
    return [tuple(_of_entity(source, entity_id, names, done, errors)) for entity_id, names in items]


def _error(answer: Reply, entity_id: str) -> HanzeError | None:
    source = answer.registration.id
    if answer.status == _NOT_FOUND:
        return NotAtSource(source, entity_id)
    if answer.status not in CONFLICT:
        return None
    return _conflict(source, entity_id, answer.body)


def _conflict(source: str, entity_id: str, problem: JsonValue) -> HanzeError:
    if _last_word(problem, "type") == "AlreadyExists":
        return EntityAlreadyExists(entity_id)
    return Conflicting(f"The source of {source} refuses {entity_id}: {_text(problem, 'detail')}")


def _of_parts(answer: Reply, entity_id: str, names: tuple[str, ...]) -> Iterator[Attempt]:
    """Read a result in parts: an UpdateResult, or a BatchOperationResult."""
    source = answer.registration.id
    body = answer.body if isinstance(answer.body, Mapping) else {}
    if "notUpdated" not in body and "updated" not in body:
        yield from _of_entity(source, entity_id, names, *_batch_result(body))
        return
    refused = {
        answer.context.expand_name(name): _text(item, "reason")
        for item in _objects(body.get("notUpdated"))
        if isinstance(name := item.get("attributeName"), str)
    }
    # Who names nothing that it was sent, and yet something, may have done none of it.
    failed = [name for name in names if name in refused] or (list(names) if refused else [])
    rest = tuple(name for name in names if name not in failed)
    if rest:
        yield Attempt(names=rest, registration_id=source)
    for name in failed:
        reason = refused.get(name) or "It says that it could not do all of it"
        yield Attempt(
            names=(name,),
            registration_id=source,
            error=BadGateway(f"The source of {source} left it alone: {reason}"),
        )


def _of_entity(
    source: str,
    entity_id: str,
    names: tuple[str, ...],
    done: frozenset[str],
    errors: Mapping[str, JsonObject],
) -> Iterator[Attempt]:
    """Read what a BatchOperationResult says of one entity; silence is a failure."""
    problem = errors.get(entity_id)
    if entity_id in done:
        yield Attempt(names=names, registration_id=source)
    if problem is None and entity_id in done:
        return
    yield Attempt(
        names=names, registration_id=source, error=_entity_error(source, entity_id, problem)
    )


def _entity_error(source: str, entity_id: str, problem: JsonObject | None) -> HanzeError:
    if problem is None:
        return BadGateway(f"The source of {source} does not say what became of {entity_id}")
    kind = _last_word(problem, "type")
    if kind == "ResourceNotFound":
        return NotAtSource(source, entity_id)
    if kind in {"AlreadyExists", "Conflict"}:
        return _conflict(source, entity_id, problem)
    detail = _text(problem, "title") or "no reason is given"
    return BadGateway(f"The source of {source} could not do all of {entity_id}: {detail}")


def _batch_result(body: JsonValue) -> tuple[frozenset[str], dict[str, JsonObject]]:
    if not isinstance(body, Mapping):
        return frozenset(), {}
    errors: dict[str, JsonObject] = {}
    for item in _objects(body.get("errors")):
        problem = item.get("error")
        entity_id = item.get("entityId")
        if isinstance(entity_id, str):
            errors[entity_id] = problem if isinstance(problem, Mapping) else {}
    return _ids(body.get("success")), errors


def _ids(body: JsonValue) -> frozenset[str]:
    if not isinstance(body, list):
        return frozenset()
    return frozenset(item for item in body if isinstance(item, str))


def _objects(json: JsonValue) -> Iterable[JsonObject]:
    return (item for item in json if isinstance(item, Mapping)) if isinstance(json, list) else ()


def _text(json: JsonValue, member: str) -> str:
    value = json.get(member) if isinstance(json, Mapping) else None
    return _CONTROLS.sub(" ", value)[:_LONGEST] if isinstance(value, str) else ""


def _last_word(json: JsonValue, member: str) -> str:
    return _text(json, member).rpartition("/")[2]
