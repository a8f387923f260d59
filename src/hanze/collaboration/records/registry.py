"""Every type of record, by name and by IRI."""

from collections.abc import Mapping
from typing import Final

from hanze.collaboration.records.cooperation import (
    Accord,
    AccordSignature,
    Cooperation,
    CooperationStep,
    CountryLead,
    MentorProfile,
    Mentorship,
    WorkingGroup,
)
from hanze.collaboration.records.gatherings import (
    CityStory,
    JointPresentation,
    MatchmakingDay,
    Participation,
)
from hanze.collaboration.records.matches import Match
from hanze.collaboration.records.missions import (
    Event,
    FollowUp,
    Mission,
    MissionReport,
    TravelPermission,
    VoucherScheme,
)
from hanze.collaboration.records.needs import Demand, DemandBundle, ResearchQuestion
from hanze.collaboration.records.offers import (
    BestPractice,
    Platform,
    Solution,
    Standard,
    Subsidy,
)
from hanze.collaboration.records.organisations import Contact, Organization
from hanze.collaboration.records.places import Country, Municipality, Region
from hanze.collaboration.records.projects import LivingLab, PilotRecord, Project, Replication
from hanze.collaboration.records.record import Record
from hanze.collaboration.records.residents import Comment, Contribution
from hanze.collaboration.records.themes import Concept, Theme
from hanze.ngsild.vocabulary import HANZE

__all__ = ["RECORD_IRIS", "RECORD_TYPES", "type_iri", "type_of"]

#: By name, in the order in which pages list them.
RECORD_TYPES: Final[Mapping[str, type[Record]]] = {
    kind.__name__: kind
    for kind in (
        Project,
        Demand,
        Solution,
        BestPractice,
        Replication,
        DemandBundle,
        Match,
        LivingLab,
        PilotRecord,
        Contribution,
        ResearchQuestion,
        Subsidy,
        Platform,
        Standard,
        Mission,
        Event,
        JointPresentation,
        CityStory,
        MatchmakingDay,
        Participation,
        Cooperation,
        CooperationStep,
        Accord,
        AccordSignature,
        WorkingGroup,
        FollowUp,
        MissionReport,
        TravelPermission,
        VoucherScheme,
        CountryLead,
        MentorProfile,
        Mentorship,
        Organization,
        Contact,
        Municipality,
        Region,
        Country,
        Theme,
        Concept,
        Comment,
    )
}

#: By the IRI of the type in the Hanze @context.
RECORD_IRIS: Final[Mapping[str, type[Record]]] = {
    HANZE.expand_name(name): kind for name, kind in RECORD_TYPES.items()
}


def type_iri(kind: type[Record]) -> str:
    """Return the IRI of a record type."""
    return HANZE.expand_name(kind.__name__)


def type_of(types: tuple[str, ...]) -> type[Record] | None:
    """Return the record type among an entity's types (IRIs); `None` for other entities."""
    for iri in types:
        kind = RECORD_IRIS.get(iri)
        if kind is not None:
            return kind
    return None
