"""A record of the collective as it is kept at hand, and where it is at home."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from hanze.collaboration.records.places import Country, Municipality, Region
from hanze.collaboration.records.record import Record
from hanze.errors import Conflicting

__all__ = ["Held", "Home", "RecordElsewhere", "city_of"]

R_co = TypeVar("R_co", bound=Record, covariant=True)


@dataclass(frozen=True, slots=True)
class Home:
    """The node of the league that keeps a record which is here as a replica.

    Attributes:
        peer: Its id in the league.
        name: As it calls itself.
        url: Where it is reached.
    """

    peer: str
    name: str
    url: str


class RecordElsewhere(Conflicting):
    """A record is read here and kept by another node: only that one changes it."""

    def __init__(self, record_id: str, home: Home) -> None:
        super().__init__(f"{record_id} is kept by {home.name}; it is changed there: {home.url}")
        self.record_id = record_id
        self.home = home


@dataclass(frozen=True, slots=True)
class Held(Generic[R_co]):
    """A record, and where it is from.

    Attributes:
        record: As its entity says.
        kept_in: The tenant in which the entity lives on this node; "" is the default tenant.
        modified_at: When it changed last, DateTime text.
        created_at: When it came, DateTime text.
        home: The node that keeps it, where that is another; `None` for what lives here.
    """

    record: R_co
    kept_in: str
    modified_at: str
    created_at: str
    home: Home | None = None

    @property
    def tenant(self) -> str:
        """Where it is written; who only shows it takes `kept_in`.

        Raises:
            RecordElsewhere: It lives on another node.
        """
        if self.home is not None:
            raise RecordElsewhere(self.record.id, self.home)
        return self.kept_in

    @property
    def city(self) -> str | None:
        """Id of the city, region or country whose record it is; a place's own is itself."""
        return city_of(self.record)

    @property
    def date(self) -> str:
        """The day for which it holds: as its source says, else when it changed last."""
        day = self.record.source_date
        return day.isoformat() if day is not None else self.modified_at[:10]


def city_of(record: Record) -> str | None:
    """Name the city, region or country whose record it is; `None` where it is nobody's."""
    if isinstance(record, Municipality | Region | Country):
        return record.id
    return record.source_city
