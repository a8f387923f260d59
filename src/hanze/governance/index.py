"""Agreements and consents, sorted for deciding (pure)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from hanze.governance.records.agreement import Agreement
from hanze.governance.records.consent import Consent

__all__ = ["Index"]


@dataclass(frozen=True, slots=True)
class Index:
    """Agreements and consents, found without looking at all of them.

    Attributes:
        agreements: By dataset and consumer.
        consents: By dataset and recipient.
    """

    agreements: Mapping[tuple[str, str], Sequence[Agreement]]
    consents: Mapping[tuple[str, str], Sequence[Consent]]

    @classmethod
    def of(cls, agreements: Iterable[Agreement], consents: Iterable[Consent]) -> "Index":
        """Sort them once; a change of the rules makes another."""
        agreed: dict[tuple[str, str], list[Agreement]] = defaultdict(list)
        for agreement in agreements:
            for target in agreement.targets:
                agreed[target, agreement.assignee].append(agreement)
        consented: dict[tuple[str, str], list[Consent]] = defaultdict(list)
        for consent in consents:
            for recipient in consent.recipients:
                consented[consent.dataset, recipient].append(consent)
        return cls(dict(agreed), dict(consented))
