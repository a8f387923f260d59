"""What children bring in waits for a parent: until then nobody else sees it.

Who is a child says a guardianship, which a steward confirmed, and not the form that is filled in.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

import msgspec

from hanze.collaboration.closed_records import ClosedRecords
from hanze.collaboration.records.entities import attributes_of, read_as
from hanze.collaboration.records.residents import Contribution
from hanze.collaboration.residents import Submission, contribute, ready
from hanze.errors import NotFound
from hanze.governance.duties import account_of
from hanze.governance.kept import Kept, RegistersView
from hanze.governance.records.rights import Guardianship
from hanze.governance.residents import own_subject, subjects_of
from hanze.governance.rights import parents_of
from hanze.governance.service import Change
from hanze.identity.caller import Caller
from hanze.identity.roles import NODE_ITSELF, WRITER
from hanze.ngsild.model import Entity

__all__ = ["NotWaiting", "Waiting", "WaitingContribution", "by_the_node"]


class NotWaiting(NotFound):
    """Nothing with this id waits, or not for the caller: it is not told which."""

    def __init__(self, contribution_id: str) -> None:
        super().__init__(f"{contribution_id[:200]} does not wait for a parent's consent")


class WaitingContribution(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True
):
    """A contribution that waits.

    Attributes:
        id: Of the contribution.
        tenant: In which it is.
        child: What data calls the child; it is kept no longer than the contribution waits.
        brought_at: DateTime text.
    """

    id: str
    tenant: str = ""
    child: str
    brought_at: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """The contributions that wait.

    Attributes:
        closed: Where they wait.
        guardianships: Gives who decides for which child, by id.
        kept: Whose they are.
    """

    closed: ClosedRecords
    guardianships: Callable[[], Mapping[str, Guardianship]]
    kept: Kept[WaitingContribution]

    def load(self, registers: RegistersView) -> None:
        """Read what is committed."""
        self.kept.load(registers)

    def is_child(self, caller: Caller, now: str) -> bool:
        """Tell whether somebody decides for the caller."""
        own = own_subject(caller)
        return own is not None and bool(parents_of(self.guardianships(), own, now))

    async def contribute(
        self,
        caller: Caller,
        submission: Submission,
        *,
        record_id: str,
        tenant: str = "",
        closed_in: Iterable[str] = (),
        today: date,
        now: str,
    ) -> Contribution:
        """Take what somebody brings in (`residents.contribute`); a child's waits for a parent.

        Raises:
            ContributionsClosed: The portal of the tenant is closed for it.
            UnfitContribution: It cannot be taken as it is.
            TextRefused: A text is empty or too long.
        """
        store, child = self.closed.store, own_subject(caller)
        if child is None or not self.is_child(caller, now):
            return await contribute(
                store,
                submission,
                record_id=record_id,
                tenant=tenant,
                closed_in=closed_in,
                today=today,
                now=now,
            )
        # What a child ticks itself is nobody's consent.
        told = msgspec.structs.replace(submission, age_group="child", parental_consent_on=today)
        made = ready(
            store, told, record_id=record_id, tenant=tenant, closed_in=closed_in, today=today
        )
        made = msgspec.structs.replace(made, parental_consent_on=None)
        node = by_the_node(caller, tenant)
        group = await self.closed.groups.waiting(node, now=now)
        waits = WaitingContribution(id=record_id, tenant=tenant, child=child, brought_at=now)
        await self._change(caller, "contribution.waits", Change(self.kept, waits), now)
        await self.closed.draft(node, made, group, now=now)
        return made

    async def of(self, caller: Caller, *, now: str) -> tuple[Contribution, ...]:
        """Read what waits of the caller's children, and the caller's own; the oldest first."""
        subjects = subjects_of(self.guardianships(), caller, now)
        mine = [one for one in self.kept.all().values() if one.child in subjects]
        found = []
        for one in sorted(mine, key=lambda one: (one.brought_at, one.id)):
            stored = self.closed.store.stored(one.tenant, one.id)
            if stored is not None:
                found.append(read_as(self.closed.store.load(stored), Contribution))
        return tuple(found)

    def may_decide(self, caller: Caller, contribution_id: str, now: str) -> bool:
        """Tell whether the caller is the parent for whom something waits."""
        waits, own = self.kept.get(contribution_id), own_subject(caller)
        return waits is not None and any(
            one.parent == own for one in parents_of(self.guardianships(), waits.child, now)
        )

    async def decide(
        self, caller: Caller, contribution_id: str, *, agreed: bool, today: date, now: str
    ) -> None:
        """Publish what a child brought in, as its parent; or erase it.

        Raises:
            NotWaiting: It does not wait for this caller.
        """
        waits = self.kept.get(contribution_id)
        if waits is None or not self.may_decide(caller, contribution_id, now):
            raise NotWaiting(contribution_id)
        node = by_the_node(caller, waits.tenant)

        def consented(entity: Entity) -> Entity:
            record = read_as(entity, Contribution)
            record = msgspec.structs.replace(record, parental_consent_on=today)
            more = attributes_of(record, ("parental_consent_on",))
            return msgspec.structs.replace(entity, attributes={**entity.attributes, **more})

        if agreed:
            await self.closed.publish(node, contribution_id, change=consented, now=now)
        else:
            await self.closed.erase(node, contribution_id, now=now)
        name = "contribution.consented" if agreed else "contribution.refused"
        await self._change(caller, name, Change(self.kept, waits, gone=True), now)

    async def _change(
        self, caller: Caller, name: str, change: Change[WaitingContribution], now: str
    ) -> None:
        # Who the child is stands in the log no more than on the page.
        account = account_of(replace(caller, actor="resident"), name, (change.record.id,), now=now)
        await self.closed.groups.governance.change(change, account=account)


def by_the_node(caller: Caller, tenant: str) -> Caller:
    """Let the node do for somebody what it decided that they may."""
    return Caller(
        actor="node",
        roles=frozenset({NODE_ITSELF, WRITER}),
        trace=caller.trace,
        tenant=tenant,
    )
