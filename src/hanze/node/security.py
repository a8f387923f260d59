"""What keeps a node secure, put together: the door, emergencies, levels."""

from dataclasses import dataclass

from hanze.governance.securing.door import Door
from hanze.governance.securing.emergencies import Emergencies
from hanze.governance.service import Governance
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
    """

    door: Door
    emergencies: Emergencies

    def held(self, source: str) -> str:
        """Say why a source rests; "" where it does not."""
        return REST if self.door.holds_source(source) else ""


def open_security(settings: Settings, store: Store, governance: Governance) -> Security:
    """Put the parts together, over a store that is open."""
    door = Door()
    emergencies = Emergencies(governance, door, most_hours=settings.security.emergency_hours)
    emergencies.load(store.registers)
    return Security(door=door, emergencies=emergencies)
