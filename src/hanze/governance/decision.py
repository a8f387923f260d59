"""Who may read what, for which purpose: the one place that decides (pure).

`access_for` says what a caller may read of a tenant; everything that reads narrows itself by it.
`check` refuses what a request names and may not use. What is neither closed nor named costs nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from hanze.governance.closed import closing_parts
from hanze.governance.grounds import Ground, agreed_with, ground_for
from hanze.governance.policy import agreed_purposes
from hanze.governance.purposes import curie_of
from hanze.governance.reasons import AccessDenied, PurposeRequired, Reason
from hanze.governance.records.dataset import Dataset
from hanze.governance.refusals import Refusals
from hanze.governance.rules import Rules
from hanze.identity.caller import Caller
from hanze.identity.roles import DEVELOPER, NODE_ITSELF
from hanze.ngsild.moment import format_datetime, parse_datetime
from hanze.ngsild.query.access import EVERYTHING, ID, Access, Among, Part
from hanze.ngsild.query.tree import TypeSelection
from hanze.ngsild.terms import DEFAULT_VOCAB

__all__ = ["SOURCES", "Asked", "Decided", "absence", "access_for", "check"]

#: IRIs of the attribute that says where an entity comes from: as this node's own sources write it,
#: and as the contexts of Smart Data Models name it, now and before.
SOURCES: Final = (
    DEFAULT_VOCAB + "source",
    "https://smartdatamodels.org/source",
    "https://uri.fiware.org/ns/data-models#source",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request names.

    Attributes:
        action: "read", "subscribe", "deliver", "export", ...
        types: As the request selects them; `None` where it names none.
        ids: Of entities, where it names one or more.
        names: IRIs of attributes, with the member or parameter that names each: "attrs", "pick",
            "q", "georel", "orderBy", "csf", "join", ...
        scopes: That it selects by, without wildcards.
        datasets: Ids.
    """

    action: str = "read"
    types: TypeSelection | None = None
    ids: Sequence[str] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    scopes: Sequence[str] = ()
    datasets: Sequence[str] = ()


@dataclass(frozen=True)
class Decided:
    """What follows from the rules for a caller.

    Attributes:
        access: What may be read.
        until: DateTime text at which it has to be decided again; `None`: when the rules change.
        agreements: By dataset: the agreement ("id#version") that lets it be read.
    """

    access: Access
    until: str | None = None
    agreements: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def refusals(self) -> Refusals:
        """What is refused where it is named."""
        return Refusals(self.access)


def access_for(rules: Rules, caller: Caller, now: str) -> Decided:
    """Decide what a caller may read of its tenant, for its purpose.

    Args:
        now: DateTime text.
    """
    if DEVELOPER in caller.roles or NODE_ITSELF in caller.roles:
        return Decided(EVERYTHING)
    now_us = parse_datetime(now)
    parts = list(closing_parts(rules.groups, caller)) if rules.groups else []
    agreements: dict[str, str] = {}
    until: int | None = None
    for dataset in rules.datasets.values():
        if dataset.tenant not in ("*", caller.tenant):
            continue
        ground = ground_for(rules, dataset, caller, now_us)
        parts += _parts(dataset, ground)
        if ground.agreement:
            agreements[dataset.id] = ground.agreement
        if ground.until is not None:
            until = ground.until if until is None else min(until, ground.until)
    return Decided(
        Access(tuple(parts), rest=rules.unclassified, shares=caller.shares),
        None if until is None else format_datetime(until),
        agreements,
    )


def _parts(dataset: Dataset, ground: Ground) -> Iterable[Part]:
    only = None if ground.only is None else Among(dataset.subject, ground.only)
    sources = frozenset(dataset.sources)
    for when in [Among(one, sources) for one in SOURCES] if sources else [None]:
        yield Part(
            dataset=dataset.id,
            types=dataset.types,
            scopes=dataset.scopes,
            attributes=dataset.attributes,
            when=when,
            allowed=ground.allowed,
            only=only,
            reason="" if ground.reason is None else ground.reason.value,
            # Of what names nobody and is about people, each entity stands for somebody.
            subject=dataset.subject or (ID if dataset.personal else ""),
            public=ground.is_open,
        )


def check(rules: Rules, decided: Decided, caller: Caller, asked: Asked) -> None:
    """Refuse a request that names something that its caller may not use.

    Alike whether it exists or not: only the request and the rules count. What it does not name is
    left out by whoever reads.

    Raises:
        AccessDenied: With the reason, the datasets and what of the request names it.
        PurposeRequired: Closed data is asked for without a purpose.
    """
    if decided.access.is_everything:
        return
    refusals = decided.refusals
    for dataset in asked.datasets:
        _refuse_for(rules, caller, refusals.of_dataset(dataset), "dataset", dataset)
    types: Sequence[str] = sorted({name for group in asked.types or () for name in group})
    for name in types:
        _refuse_for(rules, caller, refusals.of_type(name), "type", name)
    for entity_id in asked.ids:
        _refuse_for(rules, caller, refusals.of_id(entity_id), "id", entity_id)
    types = types or refusals.types_of(asked.ids)
    for name, member in asked.names.items():
        _refuse_for(rules, caller, refusals.of_attribute(name, types), member, name)
    for scope in asked.scopes:
        _refuse_for(rules, caller, refusals.of_scope(scope, types), "scopeQ", scope)


def absence(decided: Decided, entity_id: str) -> AccessDenied | None:
    """Say how it is answered that there is no entity that the caller may read.

    Returns:
        `None`: that it does not exist, as everything of the type that its id tells may be read;
        else that there is no permission, which says nothing about whether it exists.
    """
    if decided.refusals.is_readable(entity_id):
        return None
    return AccessDenied(
        Reason.NO_PERMISSION,
        "There is no such entity, or no permission to read it",
        field="id",
        value=entity_id,
    )


def _refuse_for(rules: Rules, caller: Caller, part: Part | None, member: str, name: str) -> None:
    if part is None:
        return
    reason = Reason(part.reason)
    datasets = (part.dataset,) if part.dataset else ()
    detail = _detail(rules, caller, part, reason, name)
    if reason is Reason.PURPOSE_REQUIRED:
        raise PurposeRequired(detail, datasets=datasets, field=member)
    raise AccessDenied(reason, detail, datasets=datasets, field=member, value=name)


#: What is said, with the dataset.
_TOLD: Final[Mapping[Reason, str]] = {
    Reason.NO_ACCESS_RIGHTS: "Nobody has decided yet who may read dataset {}: a steward does",
    Reason.NO_AGREEMENT: "No agreement permits this organisation to use dataset {}",
    Reason.NOT_YET_VALID: "The agreement about dataset {} is not in force yet",
    Reason.EXPIRED: "The agreement about dataset {} has expired",
    Reason.REVOKED: "The agreement about dataset {} was revoked",
    Reason.NOT_CONFIRMED: "The node that keeps the agreement about dataset {} does not confirm it",
    Reason.PROHIBITED: "The agreement about dataset {} prohibits it",
    Reason.PURPOSE_REQUIRED: (
        "Dataset {} is closed: a purpose of its use must be stated, by who has credentials for one"
    ),
    Reason.NO_CONSENT: "No data subject of dataset {} consented to this use",
    Reason.PROJECT_NOT_ACTIVE: "The project for which dataset {} is asked is not active",
    Reason.PURPOSE_NOT_REGISTERED: "The purpose for dataset {} is not registered for the activity",
}


def _detail(rules: Rules, caller: Caller, part: Part, reason: Reason, name: str) -> str:
    if reason is Reason.PURPOSE_MISMATCH:
        return _mismatch(rules, caller, rules.datasets[part.dataset])
    told = _TOLD.get(reason)
    if told is not None:
        purpose = f"; it is asked for {curie_of(caller.purpose)}" if caller.purpose else ""
        return told.format(part.dataset) + purpose
    if reason is Reason.UNCLASSIFIED:
        named = name[:100]
        return f"Nobody has decided yet who may read {named}: a steward does, with `hanze classify`"
    if reason is Reason.NO_PERMISSION:
        return "There is no such dataset, or no permission to use it"
    return f"{name[:100]} is not among what may be read"


def _mismatch(rules: Rules, caller: Caller, dataset: Dataset) -> str:
    """Say which purposes would do: to those alone who may know, the owner and the parties."""
    agreed = dataset.purposes
    if caller.organisation != (dataset.owner or rules.own):
        agreed = tuple(
            purpose
            for one in agreed_with(rules, dataset, caller.organisation or "")
            if one.revocation is None
            for purpose in agreed_purposes(one.permissions)
        )
    listed = ", ".join(dict.fromkeys(curie_of(one) for one in agreed)) or "no purpose"
    return (
        f"Dataset {dataset.id} is asked for {curie_of(caller.purpose or '')};"
        f" what is agreed is {listed}"
    )
