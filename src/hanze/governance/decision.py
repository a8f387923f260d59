"""Who may read what, for which purpose: the one place that decides (pure).

`access_for` says what a caller may read of a tenant; everything that reads narrows itself by it.
`check` refuses what a request names and may not use. What is neither closed nor named costs nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hanze.governance.reasons import AccessDenied, Reason
from hanze.governance.records.dataset import AccessRights, Dataset
from hanze.governance.rules import Rules
from hanze.identity.caller import Caller
from hanze.identity.roles import DEVELOPER, NODE_ITSELF
from hanze.ngsild.query.access import EVERYTHING, Access, Among, Part
from hanze.ngsild.query.tree import TypeSelection

__all__ = ["Asked", "Decided", "access_for", "check"]

_SOURCE = "https://smartdatamodels.org/source"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request names.

    Attributes:
        action: "read", "subscribe", "deliver", "export", ...
        types: As the request selects them; `None` where it names none.
        ids: Of entities, where it names one or more.
        names: IRIs of attributes, with the member or parameter that names each: "attrs", "pick",
            "q", "georel", "orderBy", "csf", "join", ...
    """

    action: str = "read"
    types: TypeSelection | None = None
    ids: Sequence[str] = ()
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
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


def access_for(rules: Rules, caller: Caller, now: str) -> Decided:
    """Decide what a caller may read of its tenant, for its purpose.

    Args:
        now: DateTime text.
    """
    if DEVELOPER in caller.roles or NODE_ITSELF in caller.roles:
        return Decided(EVERYTHING)
    parts = tuple(
        _part(dataset)
        for dataset in rules.datasets.values()
        if dataset.tenant in ("*", caller.tenant)
    )
    return Decided(Access(parts, rest=rules.unclassified, shares=caller.shares))


def check(rules: Rules, decided: Decided, caller: Caller, asked: Asked) -> None:
    """Refuse a request that names something that its caller may not use.

    Alike whether it exists or not: only the request and the rules count.

    Raises:
        AccessDenied: With the reason, the datasets and what of the request names it.
        PurposeRequired: Closed data is asked for without a purpose.
    """
    if asked.types is None:
        return
    for name in {name for group in asked.types for name in group}:
        for part in decided.access.parts:
            if name in part.types and not part.attributes and not part.allowed:
                raise AccessDenied(
                    Reason.NO_AGREEMENT, "No agreement permits it", datasets=(part.dataset,)
                )


def _part(dataset: Dataset) -> Part:
    allowed = dataset.access_rights is AccessRights.PUBLIC
    return Part(
        dataset=dataset.id,
        types=dataset.types,
        scopes=dataset.scopes,
        attributes=dataset.attributes,
        when=Among(_SOURCE, frozenset(dataset.sources)) if dataset.sources else None,
        allowed=allowed,
        reason="" if allowed else Reason.NO_AGREEMENT.value,
        subject=dataset.subject,
    )
