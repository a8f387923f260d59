"""Every write of an entity goes through here: the rules of its types are asked first."""

from collections.abc import Callable

from hanze.broker.closing import ClosedRules
from hanze.broker.opening import OpeningRules
from hanze.broker.ports import TypeRules, UnitOfWork
from hanze.governance.activation import require_active
from hanze.governance.gate import Gate
from hanze.governance.rules import Rules
from hanze.identity.caller import Caller
from hanze.ngsild.context import Context
from hanze.ngsild.model import Entity

__all__ = ["NoRules", "WriteRules", "put_entity", "remove_entity"]


class NoRules:
    """Lets every change pass (`ports.TypeRules`)."""

    def check(
        self,
        uow: UnitOfWork,
        caller: Caller,
        before: Entity | None,
        after: Entity | None,
        *,
        now: str,
    ) -> None:
        pass


class WriteRules:
    """What every write has to pass, whoever writes and from wherever, and the record of it.

    Args:
        types: What entities of some types may become: asked last.
        closed: Asked first: what is closed to a caller is answered as if it were not there.
        opening: Lets nobody open what they may not read.
        governance: Gives the projects, and who works for them, as they are now.
        gate: Knows what is about people.
    """

    def __init__(
        self,
        types: TypeRules,
        *,
        closed: ClosedRules,
        opening: OpeningRules,
        governance: Callable[[], Rules],
        gate: Callable[[], Gate],
    ) -> None:
        self._types = types
        self._closed = closed
        self._opening = opening
        self._governance = governance
        self._gate = gate

    def check(
        self,
        uow: UnitOfWork,
        caller: Caller,
        before: Entity | None,
        after: Entity | None,
        *,
        now: str,
    ) -> None:
        self._closed.check(uow, caller, before, after, now=now)
        if after is not None and before is not after:
            self._opening.check(caller, before, after, now=now)
        require_active(self._governance(), caller)
        self._types.check(uow, caller, before, after, now=now)
        self._gate().note_write(uow.log, caller, before, after, now=now)

    def check_past(self, uow: UnitOfWork, caller: Caller, after: Entity, *, now: str) -> None:
        """Look at what is added to the past of what is not there, of which no types are asked.

        Raises:
            AccessDenied: It would open what the caller may not read.
        """
        self._opening.check(caller, None, after, now=now)
        self._gate().note_write(uow.log, caller, None, after, now=now)


def put_entity(
    uow: UnitOfWork,
    caller: Caller,
    before: Entity | None,
    after: Entity,
    *,
    context: Context | None = None,
    now: str,
) -> None:
    """Stage an entity where the rules of its types allow it.

    Args:
        before: As it is; `None` for a new one.
        after: As it shall be, stamped.
        context: The @context to store it with; without one that of `before` stays.

    Raises:
        HanzeError: What `TypeRules.check` raises; nothing was staged.
    """
    uow.rules.check(uow, caller, before, after, now=now)
    uow.put(caller.tenant, after, context)


def remove_entity(uow: UnitOfWork, caller: Caller, before: Entity, *, now: str) -> None:
    """Stage the deletion of an entity where the rules of its types allow it.

    Raises:
        HanzeError: What `TypeRules.check` raises; nothing was staged.
    """
    uow.rules.check(uow, caller, before, None, now=now)
    uow.delete(caller.tenant, before.id, now=now)
