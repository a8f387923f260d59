"""Carrying out a write: here, and at the sources that it concerns (CIM 009, 5.6, 6.3.17).

The node itself goes first. What its own rules refuse as wrong, or as not this caller's to do, goes
nowhere; that something is there already or is missing counts as one part of the result.
"""

from collections.abc import Awaitable, Callable, Sequence

import msgspec

from hanze.broker.consumption import find_stored
from hanze.broker.distribution.distributor import Distributor
from hanze.broker.distribution.requests import Call, SourceInfo, body_of, no_query
from hanze.broker.distribution.writing.answers import attempts_of
from hanze.broker.distribution.writing.outcome import (
    Attempt,
    NotOffered,
    Outcome,
    outcome_of,
    settled,
)
from hanze.broker.distribution.writing.plan import Part, Plan, Subject, plan_of
from hanze.broker.origin import Origin
from hanze.broker.ports import Store, UnitOfWork
from hanze.broker.registry import Match
from hanze.errors import Conflicting, NotFound
from hanze.identity.caller import NODE
from hanze.ngsild.context import Context
from hanze.ngsild.patch import Patched
from hanze.ngsild.query.tree import TypeSelection
from hanze.ngsild.query.unparse_conditions import unparse_types
from hanze.ngsild.registration.operations import Operation

__all__ = [
    "Change",
    "Query",
    "Writing",
    "carry_out",
    "done_here",
    "held_types",
    "in_one_unit",
    "local_attempts",
    "planned",
    "type_parameter",
    "unsupported",
    "with_options",
]

#: Writes the parameters of a request with the names of an @context.
Query = Callable[[Context], Sequence[tuple[str, str]]]


class Writing(msgspec.Struct, frozen=True):
    """What writes over sources need.

    Attributes:
        store: What the node holds itself.
        distributor: The way to sources; it knows the registry.
        origin: The request.
    """

    store: Store
    distributor: Distributor
    origin: Origin


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One write of one entity.

    Attributes:
        entity_id: Its id.
        operation: What sources must support.
        subject: What it is about.
        calls: Asks a source for its part.
        local: Writes what stays here, and says what came of it.
        history: Whether it is about the history, not about the present.
    """

    entity_id: str
    operation: Operation
    subject: Subject
    calls: Callable[[Part], Sequence[Call]]
    local: Callable[[Part], Awaitable[Sequence[Attempt]]]
    history: bool = False


async def carry_out(writing: Writing, change: Change) -> Outcome:
    """Write an entity wherever it belongs.

    Raises:
        InvalidInput: The node's own rules say that it is wrong; nothing was written anywhere.
        Denied: The caller may not; nothing was written anywhere.
        HanzeError: Nothing was carried out.
    """
    plan = planned(
        writing,
        change.subject,
        lambda match: change.operation in match.registration.operations,
        history=change.history,
    )
    if plan.rest.alone and plan.rest:
        # What is raised here is then the whole answer, too.
        return settled(await change.local(plan.rest))
    asked = [
        (part, part.match, call)
        for part in plan.parts
        if part.supported and part.match is not None
        for call in change.calls(part)
    ]
    for _, _, call in asked:
        _check(call, writing.origin.context)
    attempts = list(await local_attempts(plan.rest, change.local))
    attempts += [
        unsupported(part, change.subject, change.operation)
        for part in plan.parts
        if not part.supported
    ]
    answers = await writing.distributor.ask_all(
        writing.origin, [(match, call) for _, match, call in asked]
    )
    for (part, _, _), answer in zip(asked, answers, strict=True):
        attempts += attempts_of(answer, change.entity_id, part.names)
    return outcome_of(attempts)


def _check(call: Call, context: Context) -> None:
    """See that a body can be passed on, before anything is written anywhere."""
    if call.body is not None:
        body_of(call, context, SourceInfo(), embedded=False)


def planned(
    writing: Writing,
    subject: Subject,
    takes: Callable[[Match], bool],
    *,
    history: bool = False,
) -> Plan:
    """Divide a write among the sources whose registrations it concerns, and the node."""
    matches = writing.distributor.registry.matching(writing.origin, subject.wanted, history=history)
    return plan_of(subject, matches, takes)


async def local_attempts(
    rest: Part, local: Callable[[Part], Awaitable[Sequence[Attempt]]]
) -> Sequence[Attempt]:
    """Write here what stays here; that it is there, or is not, is a result."""
    if not rest:
        return ()
    try:
        return await local(rest)
    except (NotFound, Conflicting) as error:
        return (Attempt(names=rest.names, error=error),)


def in_one_unit(
    writing: Writing, unit: Callable[[UnitOfWork], object]
) -> Callable[[Part], Awaitable[Sequence[Attempt]]]:
    """Make what writes here, of which nothing can be left alone (`Change.local`)."""

    async def local(rest: Part) -> Sequence[Attempt]:
        await writing.store.transact(unit)
        return done_here(rest)

    return local


def done_here(rest: Part, patched: Patched | None = None) -> tuple[Attempt, ...]:
    """Say what was written here.

    Args:
        rest: What was to be written.
        patched: What became of it, where some may have been left alone.
    """
    if patched is None or not patched.not_updated:
        return (Attempt(names=rest.names),)
    refused = dict(patched.not_updated)
    left = tuple(name for name in rest.names if name not in refused)
    done = (Attempt(names=left),) if left else ()
    return (*done, *(Attempt(names=(name,), reason=why) for name, why in refused.items()))


def unsupported(part: Part, subject: Subject, operation: Operation) -> Attempt:
    """Say that a source has its part alone, and takes no such request."""
    registration_id = part.match.registration.id if part.match is not None else ""
    return Attempt(
        names=part.names,
        registration_id=registration_id,
        error=NotOffered(registration_id, operation.value),
        # Without its types an entity concerns every source of any type.
        soft=subject.is_vague,
    )


def held_types(writing: Writing, entity_id: str) -> tuple[str, ...]:
    """Give the types of an entity as it is held here; none where it is not."""
    origin = writing.origin
    # Nobody is told of them: they say who else is to be written to.
    inside = NODE.in_tenant(origin.caller.tenant)
    stored = find_stored(writing.store, inside, entity_id, now=origin.now)
    return () if stored is None else writing.store.load(stored).types


def type_parameter(part: Part, subject: Subject, selection: TypeSelection | None) -> Query:
    """Write `type`, where the request has it, or where the types of the entity are unknown.

    Only registered types are named (4.3.6.1).
    """
    registered = part.registered_types
    if selection is not None:
        groups = tuple(one for one in selection if registered is None or one <= registered)
    elif subject.is_vague and registered is not None:
        groups = tuple(frozenset((iri,)) for iri in sorted(registered))
    else:
        return no_query
    return lambda context: [("type", unparse_types(groups, context))]


def with_options(options: Sequence[tuple[str, str]], query: Query) -> Query:
    """Write parameters without names before others."""
    if not options:
        return query
    return lambda context: [*options, *query(context)]
