"""What is closed to all but the members of a group (pure).

Who is in no group sees nothing below `/closed`; who is in one sees that one and not the others.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from hanze.governance.reasons import Reason
from hanze.governance.records.group import Group
from hanze.identity.caller import Caller
from hanze.identity.roles import DEVELOPER, MEMBER, NODE_ITSELF
from hanze.ngsild.query.access import Part

__all__ = [
    "CLOSED",
    "closed_scopes",
    "closing_parts",
    "group_of_scope",
    "is_member",
    "is_named",
]

#: Above the scopes of all groups.
CLOSED: Final = "/closed"


def is_member(group: Group, caller: Caller) -> bool:
    """Tell whether somebody sees what is in a group.

    An organisation is what credentials or a node of the league say; a name counts only with
    credentials of this node, as other nodes call people what they like.
    """
    if DEVELOPER in caller.roles or NODE_ITSELF in caller.roles:
        return True
    if caller.organisation and caller.organisation in group.members:
        return True
    return is_named(group.members, caller)


def is_named(names: Sequence[str], caller: Caller) -> bool:
    """Tell whether somebody with credentials of this node is among some names."""
    return bool(caller.credential) and MEMBER not in caller.roles and caller.actor in names


def closed_scopes(scopes: Iterable[str]) -> list[str]:
    """Return those of an entity's scopes that are closed."""
    return [one for one in scopes if _levels(one)[:1] == _levels(CLOSED)]


def group_of_scope(groups: Mapping[str, Group], tenant: str, scope: str) -> Group | None:
    """Find the group whose scope this is."""
    for group in groups.values():
        if group.tenant == tenant and _levels(group.scope) == _levels(scope):
            return group
    return None


def closing_parts(groups: Mapping[str, Group], caller: Caller) -> Iterator[Part]:
    """Give what groups close to a caller in its tenant, and what they show to their members."""
    here = [group for group in groups.values() if group.tenant == caller.tenant]
    types = tuple(dict.fromkeys(name for group in here for name in group.types))
    if not any(is_member(group, caller) for group in here):
        if here:
            yield _part("", types, CLOSED, allowed=False)
        return
    for group in here:
        allowed = is_member(group, caller)
        # Whom else there are groups of is not told, not even by their ids.
        yield _part(group.id if allowed else "", types, group.scope, allowed=allowed)


def _part(group: str, types: tuple[str, ...], scope: str, *, allowed: bool) -> Part:
    return Part(
        dataset=group,
        types=types,
        scopes=(scope,),
        allowed=allowed,
        reason="" if allowed else Reason.NO_PERMISSION.value,
    )


def _levels(scope: str) -> list[str]:
    return scope.strip("/").split("/")
