"""Purging entities here and at sources (CIM 009, 5.6.21)."""

from collections.abc import Sequence
from dataclasses import dataclass

from hanze.broker import provision
from hanze.broker.distribution.answers import Reply
from hanze.broker.distribution.narrowing import Portion, portions, selectors_of
from hanze.broker.distribution.ports import SourceFailed
from hanze.broker.distribution.requests import Call
from hanze.broker.distribution.warnings import BadGateway, error_of
from hanze.broker.distribution.writing.carrying import Writing
from hanze.broker.distribution.writing.outcome import Attempt, NotOffered, Outcome, outcome_of
from hanze.broker.distribution.writing.plan import ENTITY
from hanze.broker.registry import Match
from hanze.errors import NotSupported
from hanze.ngsild.context import Context
from hanze.ngsild.query.tree import EntityQuery, QueryNode
from hanze.ngsild.query.unparse import unparse
from hanze.ngsild.query.unparse_conditions import unparse_geo, unparse_scopes, unparse_types
from hanze.ngsild.registration.matching import Wanted
from hanze.ngsild.registration.model import Mode
from hanze.ngsild.registration.operations import Operation

__all__ = ["NotNarrowed", "Purge", "purge_entities"]

_MODES = frozenset({Mode.EXCLUSIVE, Mode.REDIRECT, Mode.INCLUSIVE})
_MULTI_STATUS = 207


class NotNarrowed(NotSupported):
    """What a source is registered for cannot be said in a purge: it would delete more (4.3.6.1)."""

    def __init__(self, registration_id: str) -> None:
        super().__init__(
            f"A purge at the source of {registration_id} would go beyond its registration"
        )


@dataclass(frozen=True, slots=True)
class Purge:
    """What is to go.

    Attributes:
        query: Which entities.
        keep: Only these attributes (IRIs) stay; `None` where nothing is said.
        drop: These attributes (IRIs) go; likewise.
        csf: Only sources whose registrations meet it are asked.
    """

    query: EntityQuery
    keep: frozenset[str] | None = None
    drop: frozenset[str] | None = None
    csf: QueryNode | None = None


async def purge_entities(writing: Writing, purge: Purge) -> tuple[list[str], Outcome]:
    """Delete the entities that match, or some of their attributes, here and at sources.

    Returns:
        Ids of what was deleted or changed here, and what came of it in all.

    Raises:
        InvalidInput: The query is too wide; nothing was deleted anywhere.
        HanzeError: Nothing was carried out.
    """
    origin, query = writing.origin, purge.query
    purged = await provision.purge_entities(
        writing.store, origin.caller, query, keep=purge.keep, drop=purge.drop, now=origin.now
    )
    matches = writing.distributor.registry.matching(
        origin,
        Wanted(
            ids=query.ids,
            id_pattern=query.id_pattern,
            types=query.types,
            names=purge.drop or frozenset(),
        ),
        modes=_MODES,
        geo=query.geo,
        scope=query.scope,
        csf=purge.csf,
    )
    attempts = [Attempt(names=(ENTITY,))] if purged or not matches else []
    asked: list[tuple[Match, Call]] = []
    for match in matches:
        calls = _calls(match, purge)
        asked += [(match, call) for call in calls] if isinstance(calls, list) else []
        attempts += [calls] if isinstance(calls, Attempt) else []
    answers = await writing.distributor.ask_all(origin, asked)
    attempts += map(_attempt, answers)
    return purged, outcome_of(attempts)


def _calls(match: Match, purge: Purge) -> list[Call] | Attempt:
    """Ask a source for its part, or say why that is not done."""
    registration = match.registration
    if Operation.PURGE_ENTITY not in registration.operations:
        if not registration.mode.is_proxied:
            return []
        refused = NotOffered(registration.id, Operation.PURGE_ENTITY.value)
        return Attempt(names=(ENTITY,), registration_id=registration.id, error=refused)
    found = portions(match.information, selectors_of(purge.query))
    if registration.dataset_ids is not None or not all(_is_exact(one, purge) for one in found):
        narrow = NotNarrowed(registration.id)
        return Attempt(names=(ENTITY,), registration_id=registration.id, error=narrow)
    calls = (_call(one, purge) for one in found)
    return [call for call in calls if call is not None]


def _is_exact(portion: Portion, purge: Purge) -> bool:
    """Tell whether a portion selects nothing beyond what the request does.

    Of two patterns a request can name one alone.
    """
    wanted = purge.query.id_pattern
    return wanted is None or bool(portion.ids) or portion.id_pattern == wanted


def _call(portion: Portion, purge: Purge) -> Call | None:
    keep, drop = purge.keep, purge.drop
    if portion.names:
        # Only what is registered may go.
        drop = portion.names - keep if keep is not None else portion.names & (drop or portion.names)
        keep = None
        if not drop:
            return None
    query = purge.query

    def parameters(context: Context) -> Sequence[tuple[str, str]]:
        found: dict[str, str | None] = {
            "id": ",".join(portion.ids) or None,
            "idPattern": None if portion.ids else portion.id_pattern,
            "type": unparse_types(portion.types, context) if portion.types else None,
            "q": None if query.q is None else unparse(query.q, context),
            "scopeQ": None if query.scope is None else unparse_scopes(query.scope),
            "keep": _terms(keep, context),
            "drop": _terms(drop, context),
        }
        if query.geo is not None:
            found |= unparse_geo(query.geo, context)
        return [(name, value) for name, value in found.items() if value is not None]

    return Call(method="DELETE", path="entities", query=parameters)


def _terms(names: frozenset[str] | None, context: Context) -> str | None:
    return None if names is None else ",".join(sorted(map(context.compact_name, names)))


def _attempt(answer: Reply | SourceFailed) -> Attempt:
    if isinstance(answer, SourceFailed):
        return Attempt(
            names=(ENTITY,), registration_id=answer.registration_id, error=error_of(answer)
        )
    source = answer.registration.id
    error = None
    if answer.status == _MULTI_STATUS:
        error = BadGateway(f"The source of {source} could not purge everything")
    # 404 is said where there is nothing to be purged.
    return Attempt(names=(ENTITY,), registration_id=source, error=error)
