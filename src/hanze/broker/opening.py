"""Who may not read something cannot open it either, by what they write about it.

Types, scopes and sources of an entity decide which datasets cover it, for all of its past, too. So
whoever writes is refused what would show them something that was there and that they may not read.
What works for the node itself (sources) has no credential, and follows what it is told.
"""

from collections.abc import Callable

from hanze.broker.gate import seen_gone
from hanze.broker.ports import Evolution, TypeRules, UnitOfWork
from hanze.governance.gate import Gate
from hanze.governance.reasons import AccessDenied, Reason
from hanze.identity.caller import Caller
from hanze.ngsild.model import Entity
from hanze.ngsild.query.access import WHOLE, Access, Seen

__all__ = ["OpeningRules"]


class OpeningRules:
    """Lets nobody open what they may not read, where the rules of its types let it pass.

    Args:
        rules: Those that are asked afterwards.
        gate: Says what a caller may read.
        evolution: Finds the past of an entity by tenant and id.
    """

    def __init__(
        self,
        rules: TypeRules,
        gate: Callable[[], Gate],
        evolution: Callable[[str, str], Evolution | None],
    ) -> None:
        self._rules = rules
        self._gate = gate
        self._evolution = evolution

    def check(
        self,
        uow: UnitOfWork,
        caller: Caller,
        before: Entity | None,
        after: Entity | None,
        *,
        now: str,
    ) -> None:
        if after is not None and caller.credential and before is not after:
            access = self._gate().access(caller, now)
            if not access.is_everything:
                self._check(access, caller.tenant, before, after)
        self._rules.check(uow, caller, before, after, now=now)

    def _check(self, access: Access, tenant: str, before: Entity | None, after: Entity) -> None:
        view = access.view(frozenset(after.types))
        if before is not None and view.is_fixed and set(before.types) == set(after.types):
            # Nothing that it says decides.
            return
        now = view.of(after)
        then: Seen | None = None
        if now is None:
            return
        if before is not None:
            then = access.view(frozenset(before.types)).of(before)
        else:
            past = self._evolution(tenant, after.id)
            then = WHOLE if past is None else seen_gone(access, past)
        names = frozenset(after.attributes) | frozenset(before.attributes if before else ())
        if _opens(then, now, names):
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
