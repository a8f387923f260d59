"""Which fields of a record type a form asks, in which order, and which it must have."""

from collections.abc import Mapping
from typing import Final

from hanze.collaboration.records.fields import Field, Shape, fields_of
from hanze.collaboration.records.record import Record
from hanze.web.portal.collective.structures import is_asked

__all__ = ["asked_fields", "is_first", "is_needed"]

#: What matters first, by type: the rest is under "more".
_FIRST: Final[Mapping[str, tuple[str, ...]]] = {
    "Project": ("title", "description", "themes", "source_city", "stage"),
    "Demand": ("title", "problem", "themes", "source_city", "deadline", "budget"),
    "Solution": ("title", "what_it_does", "themes", "providers", "trl", "website"),
    "BestPractice": ("title", "practice", "themes", "source_city"),
    "ResearchQuestion": ("title", "question", "themes", "source_city", "deadline"),
    "Comment": ("about", "text", "city", "kind"),
    "Mission": (
        *("title", "goal", "direction", "themes", "organiser", "source_city", "country"),
        *("places", "starts", "ends", "timezone", "home_timezone", "status"),
    ),
    "Event": (
        *("title", "kind", "themes", "source_city", "starts", "ends", "country"),
        *("municipality", "venue", "website"),
    ),
    "JointPresentation": ("title", "event", "description", "source_city", "stand", "cities"),
    "CityStory": ("title", "presentation", "city", "description", "source_city", "track"),
    "MatchmakingDay": (
        *("title", "organiser", "source_city", "on", "timezone", "status", "register_before"),
    ),
    "Participation": (
        *("title", "day", "party", "side", "source_city", "languages", "offers", "seeks"),
    ),
    "Cooperation": ("title", "party", "partner", "source_city", "goal", "themes", "since"),
    "CooperationStep": ("title", "cooperation", "step", "source_city", "due", "done_on"),
    "Accord": ("title", "kind", "parties", "source_city", "themes", "terms", "status"),
    "WorkingGroup": ("title", "accord", "source_city", "next_meeting"),
    "FollowUp": ("title", "kind", "mission", "source_city", "on", "due", "owner", "status"),
    "MissionReport": ("title", "mission", "author", "source_city", "status"),
    "TravelPermission": ("title", "mission", "number", "source_city", "currency", "status"),
    "VoucherScheme": ("title", "giver", "source_city", "budget", "most", "opens", "closes"),
    "CountryLead": (
        *("title", "theme", "country", "lead", "partner_country", "partner_lead", "source_city"),
    ),
    "MentorProfile": ("title", "role", "source_city", "themes", "languages", "wishes", "capacity"),
    "Mentorship": ("title", "mentor", "student", "source_city", "status", "since"),
}
_FIRST_OF_ALL: Final = ("title", "description", "themes", "source_city")
#: Of what is short the title is made of its text.
_UNTITLED: Final = frozenset({"Comment"})
#: Types of which a record belongs to nobody in particular, or says so in another field.
_NOBODYS: Final = frozenset(
    (
        *("Municipality", "Region", "Country", "Theme", "Standard", "Organization", "Contact"),
        *("Comment", "Replication", "PilotRecord", "Subsidy"),
    )
)
#: What is written by services, signatures and connectors, or on pages of their own.
_NEVER: Final = frozenset(
    (
        *("provenance", "simulated", "merged_from", "data_provider", "stage_history"),
        *("signature", "signed_on", "signed_by", "score", "decisions", "memberships"),
        *("weights", "reasons", "bundle", "entered_by", "supporters", "concepts", "contacts"),
        *("consent_on", "parental_consent_on", "source", "license", "source_date"),
        *("planned_at", "proven", "gap", "round"),
    )
)


def asked_fields(kind: type[Record]) -> list[Field]:
    """List the fields that a form asks: the first ones first."""
    first = _FIRST.get(kind.__name__, _FIRST_OF_ALL)
    asked = [
        field
        for field in fields_of(kind)
        if field.name not in _NEVER
        and (field.shape is not Shape.STRUCTURE or is_asked(kind, field))
        and not (field.name == "title" and kind.__name__ in _UNTITLED)
    ]
    order = {name: number for number, name in enumerate(first)}
    return sorted(
        asked, key=lambda field: (order.get(field.name, len(order)), not is_needed(kind, field))
    )


def is_first(kind: type[Record], field: Field) -> bool:
    """Tell whether a field is asked before "more"."""
    return field.required or field.name in _FIRST.get(kind.__name__, _FIRST_OF_ALL)


def is_needed(kind: type[Record], field: Field) -> bool:
    """Tell whether there must be an answer: each record says whose it is, beside what its type asks."""
    whose = field.name == "source_city" and kind.__name__ not in _NOBODYS
    return field.required or whose
