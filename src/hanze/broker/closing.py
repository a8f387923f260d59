"""What is in a closed scope is written by the members of its group alone, and leaves it in one way.

The rule stands within every write, as those of the types do: who reads a scope is of no use where
anybody could take the scope away.
"""

from collections.abc import Callable

from hanze.broker.consumption import EntityNotFound
from hanze.broker.ports import UnitOfWork
from hanze.errors import Conflicting, Denied, InvalidInput
from hanze.governance.closed import closed_scopes, group_of_scope, is_member
from hanze.governance.duties import account_of
from hanze.governance.rules import Rules
from hanze.identity.caller import Caller
from hanze.ngsild.model import Entity

__all__ = ["ClosedRules", "ClosedScopeUnfit", "ClosedToCaller", "PublishedOtherwise"]


class ClosedToCaller(Denied):
    """Somebody would put an entity where only a group's members do; or there is no such group."""

    def __init__(self, scope: str) -> None:
        super().__init__(f"Nobody but members of its group puts anything in {scope[:100]}")
        self.field = "scope"
        self.value = scope[:100]


class ClosedScopeUnfit(InvalidInput):
    """An entity would be in a closed scope in a way that does not close it."""


class PublishedOtherwise(Conflicting):
    """An entity would leave a closed scope by a change of its scope."""

    def __init__(self, entity_id: str) -> None:
        super().__init__(
            f"{entity_id} is closed: it is published, which takes its past as a draft away, or "
            "deleted"
        )
        self.field = "scope"


class ClosedRules:
    """Lets members alone write what is closed.

    Args:
        governance: Gives the groups as they are now.
    """

    def __init__(self, governance: Callable[[], Rules]) -> None:
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
        was = closed_scopes(before.scope) if before is not None else []
        will = closed_scopes(after.scope) if after is not None else []
        if was or will:
            self._check(caller, before, after, was, will)
        if was != will:
            name = "closed" if will and before is not None else "drafted" if will else "removed"
            entity = after or before
            about = (entity.id,) if entity is not None else ()
            detail = ", ".join(will or was)
            uow.log.append(account_of(caller, f"record.{name}", about, detail=detail, now=now))

    def _check(
        self,
        caller: Caller,
        before: Entity | None,
        after: Entity | None,
        was: list[str],
        will: list[str],
    ) -> None:
        if before is not None and not all(self._sees(caller, scope) for scope in was):
            raise EntityNotFound(before.id)
        for scope in will:
            if not self._sees(caller, scope):
                raise ClosedToCaller(scope)
        if after is None:
            return
        if was and not will:
            raise PublishedOtherwise(after.id)
        if len(will) > 1:
            raise ClosedScopeUnfit(
                "An entity is in one group at a time", field="scope", value=", ".join(will)[:100]
            )
        group = group_of_scope(self._governance().groups, caller.tenant, will[0])
        if group is not None and not set(after.types) <= set(group.types):
            raise ClosedScopeUnfit(
                f"Only records of the collective can be in {will[0]}",
                field="scope",
                value=will[0],
            )

    def _sees(self, caller: Caller, scope: str) -> bool:
        group = group_of_scope(self._governance().groups, caller.tenant, scope)
        return group is not None and is_member(group, caller)
