"""Closed groups: who they are, and who lets whom in.

A group is a scope with members: the gate closes the scope to everybody else on every path, and
nothing here reads around it. What is in it: `closed_records`.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from hanze.collaboration.records.registry import RECORD_IRIS
from hanze.errors import Denied, InvalidInput, NotFound
from hanze.governance.closed import CLOSED, is_member, is_named
from hanze.governance.duties import account_of
from hanze.governance.records.group import Group
from hanze.governance.service import Change, Governance
from hanze.governance.stewarding.classes import key_of
from hanze.identity.caller import ANONYMOUS, Caller
from hanze.identity.roles import DEVELOPER, WRITER

__all__ = [
    "WAITING",
    "GroupNotFound",
    "GroupRefused",
    "Groups",
    "ManagersOnly",
    "WritersOnly",
    "require_writer",
]

#: Of whom what waits for consent is, in the place of an organisation.
WAITING: Final = "urn:hanze:waiting"
_TYPES: Final = tuple(RECORD_IRIS)
_LONGEST: Final = 200
_MOST_MEMBERS: Final = 200


class GroupNotFound(NotFound):
    """There is no such group, or the caller is not in it: it is not told which."""

    def __init__(self, group_id: str) -> None:
        super().__init__(f"Group {group_id[:200]} does not exist")


class GroupRefused(InvalidInput):
    """A group cannot be as it would become."""


class ManagersOnly(Denied):
    """Only who manages a group adds members and removes them."""

    def __init__(self) -> None:
        super().__init__("Only who manages a group adds members and removes them")


class WritersOnly(Denied):
    """Somebody who does not write would make a group or close a record."""

    def __init__(self) -> None:
        super().__init__("Only who has the role writer makes groups and closes records")


@dataclass(frozen=True, slots=True)
class Groups:
    """The groups of one node.

    Attributes:
        governance: Keeps the groups.
        make_key: Makes the last part of ids and scopes.
    """

    governance: Governance
    make_key: Callable[[], str] = field(default=lambda: secrets.token_hex(8))

    def of(self, caller: Caller) -> tuple[Group, ...]:
        """List the groups of the caller's tenant that it is in, by their ids."""
        found = (
            one
            for one in self.governance.rules.groups.values()
            if one.tenant == caller.tenant and is_member(one, caller)
        )
        return tuple(sorted(found, key=lambda one: one.id))

    def shown(self, caller: Caller, group_id: str) -> Group:
        """Give one group to a member of it.

        Raises:
            GroupNotFound: There is none, or the caller is not in it.
        """
        group = next((one for one in self.of(caller) if one.id == group_id), None)
        if group is None:
            raise GroupNotFound(group_id)
        return group

    async def make(self, caller: Caller, title: dict[str, str], *, now: str) -> Group:
        """Make a group; who does is its first member and manages it.

        Raises:
            WritersOnly: The caller does not write.
            GroupRefused: It has no name, or a very long one.
        """
        require_writer(caller)
        if not title or any(not 0 < len(one.strip()) <= _LONGEST for one in title.values()):
            raise GroupRefused(
                f"A group has a name of at most {_LONGEST} characters", field="title"
            )
        return await self._made(caller, title, (caller.actor,), "", now)

    async def drafts(self, caller: Caller, *, now: str) -> Group:
        """Give the group of the drafts of the caller's organisation, else of the caller alone.

        It is made where it is not there yet; its members are all who ask for the organisation.

        Raises:
            WritersOnly: The caller does not write.
        """
        require_writer(caller)
        owner = caller.organisation or caller.actor
        title = {"en": "Drafts", "nl": "Concepten", "ko": "초안"}
        return await self._place(caller, owner, (owner,), title, now)

    async def waiting(self, caller: Caller, *, now: str) -> Group:
        """Give the place of what waits for somebody's consent: nobody is in it but the node."""
        title = {"en": "Waiting", "nl": "In afwachting", "ko": "대기 중"}
        return await self._place(caller, WAITING, (), title, now)

    async def _place(
        self,
        caller: Caller,
        owner: str,
        members: tuple[str, ...],
        title: dict[str, str],
        now: str,
    ) -> Group:
        for group in self.governance.rules.groups.values():
            if group.tenant == caller.tenant and group.drafts_of == owner:
                return group
        return await self._made(caller, title, members, owner, now)

    async def add(self, caller: Caller, group_id: str, member: str, *, now: str) -> Group:
        """Let an organisation, or somebody with an account of this node, into a group.

        Raises:
            GroupNotFound: There is none, or the caller is not in it.
            ManagersOnly: The caller does not manage it.
            GroupRefused: That is nobody, everybody, or too many.
        """
        group, member = self._managed(caller, group_id), member.strip()
        if not 0 < len(member) <= _LONGEST or member in (ANONYMOUS.actor, "*"):
            raise GroupRefused(
                "A member is an organisation, by its id, or an account, by its name",
                field="member",
                value=member[:_LONGEST],
            )
        if len(group.members) >= _MOST_MEMBERS:
            raise GroupRefused(f"A group has at most {_MOST_MEMBERS} members", field="member")
        members = tuple(dict.fromkeys((*group.members, member)))
        if members == group.members:
            return group
        return await self._changed(caller, group, members, f"Added: {member}", now)

    async def remove(self, caller: Caller, group_id: str, member: str, *, now: str) -> Group:
        """Let a member see nothing of a group any more, from the next request on.

        Who is in it may leave; somebody stays who manages it.

        Raises:
            GroupNotFound: There is none, or the caller is not in it.
            ManagersOnly: Somebody else is removed by who does not manage it.
            GroupRefused: That is no member, or manages it.
        """
        group = self.shown(caller, group_id)
        if member != caller.actor:
            group = self._managed(caller, group_id)
        if member not in group.members or member in (*group.managers, group.drafts_of):
            raise GroupRefused(
                "Only members who do not manage the group are removed",
                field="member",
                value=member[:_LONGEST],
            )
        members = tuple(one for one in group.members if one != member)
        return await self._changed(caller, group, members, f"Removed: {member}", now)

    def _managed(self, caller: Caller, group_id: str) -> Group:
        group = self.shown(caller, group_id)
        if DEVELOPER not in caller.roles and not is_named(group.managers, caller):
            raise ManagersOnly
        return group

    async def _made(
        self,
        caller: Caller,
        title: dict[str, str],
        members: Sequence[str],
        drafts_of: str,
        now: str,
    ) -> Group:
        key = f"g{self.make_key()}"
        group = Group(
            id=f"urn:ngsi-ld:Group:{key_of(self.governance.rules.own)}:{key}",
            title=title,
            tenant=caller.tenant,
            scope=f"{CLOSED}/{key}",
            types=_TYPES,
            members=tuple(members),
            managers=(caller.actor,) if members else (),
            drafts_of=drafts_of,
            made_at=now,
        )
        await self._keep(caller, group, "group.made", "", now)
        return group

    async def _changed(
        self, caller: Caller, group: Group, members: tuple[str, ...], detail: str, now: str
    ) -> Group:
        group = msgspec.structs.replace(group, members=members)
        # Of people the log has the name that it has of whoever acts: that of the account.
        await self._keep(caller, group, "group.changed", detail, now)
        return group

    async def _keep(self, caller: Caller, group: Group, name: str, detail: str, now: str) -> None:
        account = account_of(caller, name, (group.id,), detail=detail, now=now)
        await self.governance.change(Change(self.governance.groups, group), account=account)


def require_writer(caller: Caller) -> None:
    """Refuse who does not write.

    Raises:
        WritersOnly: The caller is no writer.
    """
    if WRITER not in caller.roles and DEVELOPER not in caller.roles:
        raise WritersOnly
