"""Everything that decisions depend on, as one value: it never changes, a change makes another."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from hanze.governance.index import Index
from hanze.governance.records.activity import Activity, Project
from hanze.governance.records.agreement import Agreement
from hanze.governance.records.consent import Consent
from hanze.governance.records.dataset import Dataset
from hanze.governance.records.group import Group

__all__ = ["Rules"]


@dataclass(frozen=True)
class Rules:
    """The records that count.

    Attributes:
        version: Grows with every change.
        datasets: By id.
        agreements: By id: the version that counts, and versions to come are elsewhere.
        consents: By id.
        activities: By id.
        projects: By id.
        groups: By id.
        confirmed: When an agreement that another node keeps was confirmed last, as DateTime text;
            by id. Those that this node keeps need none.
        confirm_s: For how many seconds a confirmation counts.
        own: Id of the organisation that runs the node: it owns what nobody else does.
        unclassified: Whether what no dataset covers may be read (`--dev` alone).
    """

    version: int = 0
    datasets: Mapping[str, Dataset] = field(default_factory=dict)
    agreements: Mapping[str, Agreement] = field(default_factory=dict)
    consents: Mapping[str, Consent] = field(default_factory=dict)
    activities: Mapping[str, Activity] = field(default_factory=dict)
    projects: Mapping[str, Project] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)
    confirmed: Mapping[str, str] = field(default_factory=dict)
    confirm_s: float = 30.0
    own: str = ""
    unclassified: bool = False

    @cached_property
    def index(self) -> Index:
        """Agreements and consents, to be found quickly; sorted when they are first asked for."""
        return Index.of(self.agreements.values(), self.consents.values())
