"""Answers to writes that may have gone to several places (CIM 009, 5.2.16 to 5.2.19, 6.3.17)."""

from collections.abc import Sequence

from hanze.broker.distribution.writing.carrying import Writing
from hanze.broker.distribution.writing.outcome import Attempt, Outcome
from hanze.errors import HanzeError
from hanze.ngsild.context import Context
from hanze.ngsild.model import JsonValue
from hanze.web.api.origin import origin_of
from hanze.web.api.parameters import Parameters
from hanze.web.http import Request, Response, json_response
from hanze.web.problems import problem_details

__all__ = [
    "Failure",
    "batch_response",
    "entity_response",
    "is_distributed",
    "purge_response",
    "update_response",
    "writing_of",
]

#: Id of an entity (or `None` where it has none), the reason, and the registration that led to it.
Failure = tuple[str | None, HanzeError, str | None]


def is_distributed(request: Request, parameters: Parameters) -> bool:
    """Tell whether a request may concern registrations (5.5.13, 6.3.18)."""
    node = request.node
    return not node.registry.is_empty(request.caller.tenant) and not parameters.flag("local")


def writing_of(request: Request, context: Context, now: str) -> Writing:
    """Give what carrying out a request over sources takes."""
    node = request.node
    return Writing(node.store, node.distributor, origin_of(request, context, now))


def entity_response(outcome: Outcome, entity_id: str, whole: Response) -> Response:
    """Answer a write of an entity.

    Args:
        outcome: What came of it.
        entity_id: The entity's.
        whole: The answer where nothing failed; its headers stay where something did (6.4.3.1).
    """
    if not outcome.failures:
        return whole
    failures = [(entity_id, _error(one), one.registration_id) for one in outcome.failures]
    response = batch_response([entity_id] if outcome.updated else [], failures)
    response.headers += whole.headers
    return response


def update_response(outcome: Outcome) -> Response:
    """Answer a write of attributes: 204, or the UpdateResult when something failed (5.2.18)."""
    if not outcome.failures:
        return Response(204)
    not_updated: list[JsonValue] = []
    for one in outcome.failures:
        reason = one.reason if one.error is None else str(one.error)
        about = {"reason": reason, **_registration(one.registration_id)}
        not_updated += [{"attributeName": name, **about} for name in one.names]
    return json_response({"updated": list(outcome.attributes), "notUpdated": not_updated}, 207)


def purge_response(purged: Sequence[str], ids: Sequence[str], outcome: Outcome) -> Response:
    """Answer a purge (6.4.3.3).

    Args:
        purged: Ids of what went here.
        ids: The only ones that were meant; a source that fails is not known to have any of them.
        outcome: What came of it in all.
    """
    if not outcome.failures:
        return Response(204)
    about = ids[0] if len(ids) == 1 else None
    failures = [(about, _error(one), one.registration_id) for one in outcome.failures]
    return batch_response(purged, failures)


def batch_response(success: Sequence[str], failures: Sequence[Failure]) -> Response:
    """Answer with a BatchOperationResult (5.2.16)."""
    errors = [
        {
            **({"entityId": entity_id} if entity_id else {}),
            "error": problem_details(error),
            **_registration(registration_id),
        }
        for entity_id, error, registration_id in failures
    ]
    return json_response({"success": list(success), "errors": errors}, 207)


def _registration(registration_id: str | None) -> dict[str, str]:
    return {} if registration_id is None else {"registrationId": registration_id}


def _error(attempt: Attempt) -> HanzeError:
    return attempt.error or HanzeError(attempt.reason or "It was left as it is")
