"""The records of governance: read at the start, changed with an account of it, at hand as rules."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Generic, TypeVar

from hanze.governance.activation import reckoned
from hanze.governance.kept import Kept, Record, RegistersView
from hanze.governance.ports import Transacting, Unit
from hanze.governance.records.activity import Activity, Project
from hanze.governance.records.agreement import Agreement
from hanze.governance.records.assessment import Assessment
from hanze.governance.records.consent import Consent
from hanze.governance.records.dataset import Dataset
from hanze.governance.records.group import Group
from hanze.governance.records.hard_case import Argument, HardCase
from hanze.governance.records.log import AuditRecord
from hanze.governance.rules import Rules
from hanze.ngsild.moment import parse_datetime

__all__ = ["AgreementVersions", "Change", "Governance", "counting"]

R = TypeVar("R", bound=Record)

_SEPARATOR: Final = "#"


@dataclass(frozen=True, slots=True)
class Change(Generic[R]):
    """A record that is to be kept, and where.

    Attributes:
        gone: It is to be kept no longer.
    """

    kept: Kept[R]
    record: R
    gone: bool = False


class AgreementVersions(Kept[Agreement]):
    """Agreements, each version of each."""

    def key_of(self, record: Agreement) -> str:
        return f"{record.id}{_SEPARATOR}{record.version}"


class Governance:
    """Keeps the records, and the rules that follow from them.

    Args:
        store: Commits.
        unclassified: As in `Rules`.
        confirm_s: As in `Rules`.
    """

    def __init__(
        self, store: Callable[[], Transacting], *, unclassified: bool, confirm_s: float, own: str
    ) -> None:
        self._store = store
        self.datasets = Kept("governance-dataset", Dataset)
        self.agreements = AgreementVersions("governance-agreement", Agreement)
        self.consents = Kept("governance-consent", Consent)
        self.activities = Kept("governance-activity", Activity)
        self.projects = Kept("governance-project", Project)
        self.groups = Kept("governance-group", Group)
        self.assessments = Kept("governance-assessment", Assessment)
        self.cases = Kept("governance-case", HardCase)
        #: Apart from the cases, so that nobody waits for somebody else's.
        self.arguments = Kept("governance-argument", Argument)
        #: Held by who changes a record by what it was.
        self.turn = asyncio.Lock()
        #: Called whenever the rules are other ones.
        self.followers: list[Callable[[], None]] = []
        self._rules = Rules(unclassified=unclassified, confirm_s=confirm_s, own=own)

    def load(self, registers: RegistersView) -> None:
        """Read what is committed."""
        for kept in self._all():
            kept.load(registers)
        self._follow()

    @property
    def rules(self) -> Rules:
        """The rules as they are now."""
        return self._rules

    async def change(self, *changes: Change[Any], account: AuditRecord) -> None:
        """Keep records, and the account of who changed them, in one transaction.

        Args:
            changes: Records, each with where it is kept; those of other modules, too.
            account: For the audit log.
        """

        def unit(uow: Unit) -> None:
            for change in changes:
                step = change.kept.unstage if change.gone else change.kept.stage
                step(uow.registers, change.record)
            uow.log.append(account)

        await self._store().transact(unit)
        for change in changes:
            (change.kept.forget if change.gone else change.kept.publish)(change.record)
        # What visitors say and ask for, above all, has nothing decided anew.
        if any(change.kept in self._deciding() for change in changes):
            self._follow()

    def confirm(self, agreements: Iterable[str], now: str) -> None:
        """Note that the node that keeps some agreements says that they are in force.

        Args:
            agreements: Their ids.
            now: DateTime text.
        """
        rules = self._rules
        told = dict.fromkeys(agreements, now)
        if not told:
            return
        # What was decided holds until its confirmation ends, and is decided again then: only what
        # was refused has to be decided anew now.
        lapsed = any(_lapsed(rules, one, now) for one in told)
        self._rules = replace(
            rules, version=rules.version + lapsed, confirmed={**rules.confirmed, **told}
        )

    def _all(self) -> tuple[Kept[Any], ...]:
        return (*self._deciding(), self.arguments)

    def _deciding(self) -> tuple[Kept[Any], ...]:
        """Give the records from which the rules follow."""
        return (
            self.datasets,
            self.agreements,
            self.consents,
            self.activities,
            self.projects,
            self.groups,
            self.assessments,
            self.cases,
        )

    def _follow(self) -> None:
        self._rules = replace(
            self._rules,
            version=self._rules.version + 1,
            datasets=self.datasets.all(),
            agreements=counting(self.agreements.all().values()),
            consents=self.consents.all(),
            groups=self.groups.all(),
            activities=self.activities.all(),
            projects=reckoned(
                self.projects.all().values(),
                self.assessments.all().values(),
                self.activities.all().values(),
                self.datasets.all().values(),
                self.cases.all().values(),
            ),
        )
        for follower in self.followers:
            follower()


def _lapsed(rules: Rules, agreement_id: str, now: str) -> bool:
    """Tell whether an agreement is not confirmed any more, or was not yet."""
    known = rules.confirmed.get(agreement_id)
    if known is None:
        return True
    passed = parse_datetime(now) - parse_datetime(known)
    return passed >= rules.confirm_s * 1_000_000


def counting(versions: Iterable[Agreement]) -> Mapping[str, Agreement]:
    """Choose of each agreement the version that counts: the newest that both sides signed."""
    found: dict[str, Agreement] = {}
    for one in sorted(versions, key=lambda one: one.version):
        if {one.assigner, one.assignee} <= {signature.party for signature in one.signatures}:
            found[one.id] = one
    return found
