"""What keeps a node secure, put together: the door, emergencies, levels, incidents."""

from dataclasses import dataclass

from hanze.governance.securing.door import Door
from hanze.governance.securing.emergencies import Emergencies
from hanze.governance.securing.incidents import Incidents
from hanze.governance.service import Governance
from hanze.league.incidents import IncidentsBetween
from hanze.node.distribution import Distribution
from hanze.settings import Settings
from hanze.store.store import Store

__all__ = ["REST", "Security", "open_security"]

#: Why a source rests.
REST = "There is an emergency, and this source is of the lowest level: it goes on afterwards"


@dataclass(frozen=True, slots=True)
class Security:
    """The parts.

    Attributes:
        door: Lets requests in, in an emergency too.
        emergencies: Declared, and ended.
        incidents: Reported, followed, closed.
        between: Tells other members of them, and hears of theirs.
    """

    door: Door
    emergencies: Emergencies
    incidents: Incidents
    between: IncidentsBetween

    def held(self, source: str) -> str:
        """Say why a source rests; "" where it does not."""
        return REST if self.door.holds_source(source) else ""


def open_security(
    settings: Settings, store: Store, governance: Governance, distribution: Distribution
) -> Security:
    """Put the parts together, over a store that is open."""
    door = Door()
    emergencies = Emergencies(governance, door, most_hours=settings.security.emergency_hours)
    emergencies.load(store.registers)
    incidents = Incidents(governance)
    incidents.load(store.registers)
    between = IncidentsBetween(
        incidents, distribution.league, distribution.requests, distribution.peers
    )
    return Security(door=door, emergencies=emergencies, incidents=incidents, between=between)
