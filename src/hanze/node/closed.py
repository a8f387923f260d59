"""What not everybody sees yet, put together: groups' records, and what waits for a consent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hanze.collaboration.closed_records import ClosedRecords
from hanze.collaboration.collective import Collective
from hanze.collaboration.contact_consents import ContactConsent, ContactConsents
from hanze.collaboration.groups import Groups
from hanze.collaboration.waiting import Waiting, WaitingContribution
from hanze.governance.kept import Kept
from hanze.governance.records.rights import Guardianship
from hanze.governance.service import Governance
from hanze.store.store import Store

__all__ = ["Closed", "open_closed"]


@dataclass(frozen=True, slots=True)
class Closed:
    """The parts.

    Attributes:
        records: Those that groups alone see.
        groups: Who sees them.
        waiting: What children bring in, until a parent agrees.
        contacts: Who agreed to be named.
    """

    records: ClosedRecords
    groups: Groups
    waiting: Waiting
    contacts: ContactConsents


def open_closed(
    store: Store,
    governance: Governance,
    collective: Collective,
    guardianships: Callable[[], Mapping[str, Guardianship]],
) -> Closed:
    """Put the parts together, over a store that is open."""
    groups = Groups(governance)
    records = ClosedRecords(store, groups)
    waiting = Waiting(records, guardianships, Kept("contribution-waits", WaitingContribution))
    contacts = ContactConsents(records, collective, Kept("contact-consent", ContactConsent))
    waiting.load(store.registers)
    contacts.load(store.registers)
    return Closed(records, groups, waiting, contacts)
