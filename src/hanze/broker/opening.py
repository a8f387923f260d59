"""Who may not read something cannot open it either, by what they write about it.

Types, scopes and sources of an entity decide which datasets cover it, for all of its past, too. So
whoever writes is refused what would show them something that was there and that they may not read.
What works for the node itself (sources) has no credential, and follows what it is told.
"""

from collections.abc import Callable

from hanze.broker.gate import seen_gone
from hanze.broker.ports import History
from hanze.governance.gate import Gate
from hanze.governance.reasons import AccessDenied, Reason
from hanze.identity.caller import Caller
from hanze.ngsild.model import Entity
from hanze.ngsild.query.access import WHOLE, Seen

__all__ = ["OpeningRules"]


class OpeningRules:
    """Lets nobody open what they may not read.

    Args:
        gate: Says what a caller may read.
        history: Knows the past of entities.
    """

    def __init__(self, gate: Callable[[], Gate], history: Callable[[], History]) -> None:
        self._gate = gate
        self._history = history

    def check(self, caller: Caller, before: Entity | None, after: Entity, *, now: str) -> None:
        """See that what is written shows the caller nothing that was hidden.

        Args:
            before: As it is in the present; `None` where it is not there, or its past alone.
            after: As it becomes, or what is added to its past.
            now: DateTime text.

        Raises:
            AccessDenied: It would.
        """
        if not caller.credential:
            return
        access = self._gate().access(caller, now)
        if access.is_everything:
            return
        past = None
        if before is None:
            past = self._history().evolution(caller.tenant, after.id)
        # What is added to a past has the types of both.
        types = frozenset(after.types) | frozenset(() if past is None else past.types)
        view = access.view(types)
        if before is not None and view.is_fixed and set(before.types) == types:
            # Nothing that it says decides.
            return
        seen = view.of(after)
        if before is not None:
            then = access.view(frozenset(before.types)).of(before)
        else:
            then = WHOLE if past is None else seen_gone(access, past)
        names = frozenset(after.attributes) | frozenset(before.attributes if before else ())
        if seen is not None and _opens(then, seen, names):
            raise AccessDenied(
                Reason.NO_PERMISSION,
                "Who may not read all that was there cannot change what decides who may",
                field="type",
                value=after.id,
            )


def _opens(then: Seen | None, now: Seen, names: frozenset[str]) -> bool:
    """Tell whether more is seen now than then, of attributes of some names or hidden ones."""
    if then is None:
        return True
    if then.is_whole:
        return False
    some = names | then.hidden | (now.only or frozenset())
    return any(now.shows(name) and not then.shows(name) for name in some)
