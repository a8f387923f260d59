"""Every write of an entity goes through here: the rules of its types are asked first."""

from collections.abc import Callable

from hanze.broker.opening import OpeningRules
from hanze.broker.ports import TypeRules, UnitOfWork
from hanze.governance.activation import require_active
from hanze.governance.gate import Gate
from hanze.governance.rules import Rules
from hanze.identity.caller import Caller
from hanze.ngsild.context import Context
from hanze.ngsild.model import Entity

__all__ = ["NoRules", "ProjectRules", "RecordingRules", "put_entity", "remove_entity"]


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


class ProjectRules:
    """Lets nobody write for a project that is not active, where the rules of its types would.

    Args:
        rules: Those that are asked afterwards.
        governance: Gives the projects, and who works for them, as they are now.
    """

    def __init__(self, rules: TypeRules, governance: Callable[[], Rules]) -> None:
        self._rules = rules
        self._governance = governance

    def check(
        self,
        uow: UnitOfWork,
        caller: Caller,
        before: Entity | None,
        after: Entity | None,
        *,
        now: str,
    ) -> None:
        require_active(self._governance(), caller)
        self._rules.check(uow, caller, before, after, now=now)


class RecordingRules:
    """Records what is written about people, where the rules of its types let it pass.

    Args:
        rules: Those that are asked first.
        gate: Knows what is about people.
    """

    def __init__(self, rules: TypeRules, gate: Callable[[], Gate]) -> None:
        self._rules = rules
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
        self._rules.check(uow, caller, before, after, now=now)
        self.record(uow, caller, before, after, now=now)

    def check_past(self, uow: UnitOfWork, caller: Caller, after: Entity, *, now: str) -> None:
        """Look at what is added to the past of what is not there, of which no rules are asked.

        Raises:
            AccessDenied: It would open what the caller may not read.
        """
        if isinstance(self._rules, OpeningRules):
            self._rules.check_opening(caller, None, after, now=now)
        self.record(uow, caller, None, after, now=now)

    def record(
        self,
        uow: UnitOfWork,
        caller: Caller,
        before: Entity | None,
        after: Entity | None,
        *,
        now: str,
    ) -> None:
        """Record what is written."""
        self._gate().note_write(uow.log, caller, before, after, now=now)


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
