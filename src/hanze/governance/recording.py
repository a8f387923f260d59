"""The record of an evaluation (pure): Authorization Decision Log, `adl.access_evaluation`."""

from collections.abc import Sequence
from typing import Final

from hanze.governance.decision import Asked, Decided
from hanze.governance.reasons import AccessDenied, PurposeRequired
from hanze.governance.records.log import DecisionRecord
from hanze.identity.caller import Caller
from hanze.identity.trace import new_trace
from hanze.ngsild.query.access import Part

__all__ = ["Refusal", "decision_record"]

Refusal = AccessDenied | PurposeRequired

#: How much of what was asked is kept, in items and in characters of each.
_MOST_ASKED: Final = 50
_LONGEST: Final = 200


def decision_record(
    decided: Decided, caller: Caller, asked: Asked, refusal: Refusal | None, *, now: str
) -> DecisionRecord | None:
    """Write down an evaluation; `None` where it was about nothing but open data.

    Closed data that a request neither named nor was given is worth a record where the caller stated
    a purpose: it was decided that this is no ground. Whoever states none asked for open data alone.

    Args:
        refusal: What `decision.check` raised; `None` where the request goes on.
        now: DateTime text.
    """
    datasets: Sequence[str]
    if refusal is None:
        concerned = [part for part in _about(decided, asked) if not part.public]
        if not concerned or not (caller.purpose or any(part.allowed for part in concerned)):
            return None
        datasets = sorted({part.dataset for part in concerned})
    else:
        datasets = sorted(refusal.datasets)
    trace = caller.trace or new_trace()
    agreements = (decided.agreements.get(dataset) for dataset in datasets)
    return DecisionRecord(
        at=now,
        trace_id=trace.trace_id,
        span_id=trace.span_id,
        parent_span_id=trace.parent_span_id,
        actor=caller.actor,
        organisation=caller.organisation or "",
        credential=caller.credential,
        action=asked.action,
        tenant=caller.tenant,
        asked=_named(asked),
        purpose=caller.purpose or "",
        activity=caller.activity or "",
        datasets=tuple(datasets),
        agreements=tuple(one for one in agreements if one is not None),
        decision=refusal is None,
        reason="" if refusal is None else refusal.reason.value,
    )


def _about(decided: Decided, asked: Asked) -> Sequence[Part]:
    if asked.datasets:
        return [part for part in decided.access.parts if part.dataset in asked.datasets]
    types = {name for group in asked.types or () for name in group}
    if not types and asked.ids:
        types = set(decided.refusals.types_of(asked.ids))
    parts = decided.access.parts
    return [part for part in parts if part.is_about(types)] if types else parts


def _named(asked: Asked) -> tuple[str, ...]:
    types = sorted({name for group in asked.types or () for name in group})
    named = (*types, *asked.ids, *asked.names, *asked.scopes, *asked.datasets)
    return tuple(one[:_LONGEST] for one in named[:_MOST_ASKED])
