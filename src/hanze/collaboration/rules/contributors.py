"""What those may write who may not write: visitors without an account, and residents with a key.

The rule stands within the broker, so that it holds for every operation however it was reached.
"""

from typing import Final

from msgspec.structs import replace

from hanze.collaboration.records.registry import type_iri
from hanze.collaboration.records.residents import Contribution
from hanze.collaboration.rules.step import Step
from hanze.collaboration.sensors import SENSOR_TYPE, sensor_prefix
from hanze.errors import Denied
from hanze.identity.caller import Caller
from hanze.identity.resident_keys import CONTRIBUTOR, NotAResidentKey, key_id_of
from hanze.ngsild.model import Entity

__all__ = ["ContributorsOnly", "keep_contributors_own", "keep_received"]

_CONTRIBUTION: Final = (type_iri(Contribution),)


class ContributorsOnly(Denied):
    """Somebody without the role of a writer would write more than they may."""

    def __init__(self, detail: str) -> None:
        super().__init__(f"Without the role writer, {detail}")


def keep_contributors_own(caller: Caller, before: Entity | None, after: Entity | None) -> None:
    """Let contributors write contributions, and those with a key the sensors of that key.

    Raises:
        ContributorsOnly: It is anything else.
    """
    if CONTRIBUTOR not in caller.roles or "writer" in caller.roles:
        return
    try:
        prefix = sensor_prefix(key_id_of(caller))
    except NotAResidentKey:
        prefix = None
    for entity in (before, after):
        if entity is None or entity.types == _CONTRIBUTION:
            continue
        if prefix is None or entity.types != (SENSOR_TYPE,) or not entity.id.startswith(prefix):
            raise ContributorsOnly("only contributions and the sensors of one's own key are taken")


def keep_received(step: Step[Contribution]) -> None:
    """Let contributors bring in what is received, and support it; all else is for the city.

    Raises:
        ContributorsOnly: Somebody without the role of a writer would do more.
    """
    if "writer" in step.caller.roles:
        return
    before, after = step.before, step.after
    if after is None:
        raise ContributorsOnly("contributions are not deleted")
    if before is None:
        if _answered(after) or after.channel != "web" or after.entered_by is not None:
            raise ContributorsOnly("a contribution is received over the web, and no more")
        return
    if _without_support(before) != _without_support(after):
        raise ContributorsOnly("a contribution is supported, and not changed")
    if (after.supporters or 0) != (before.supporters or 0) + 1:
        raise ContributorsOnly("a contribution is supported once at a time")


def _answered(one: Contribution) -> bool:
    told = (one.outcome, one.outcome_on, one.became, one.supporters, one.merged_from)
    return one.status != "received" or any(told)


def _without_support(one: Contribution) -> Contribution:
    return replace(one, supporters=None)
