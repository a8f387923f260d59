"""Pages that a type of record has beside the general one: there more is shown, and more is done."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from hanze.collaboration.records.record import Record
from hanze.web.portal.collective.desk import Desk

__all__ = ["ASKED_THERE", "OwnPage", "own_page"]


def N_(text: str) -> str:  # noqa: N802  # the name by which translators' tools find texts
    """Mark a text that the template translates."""
    return text


@dataclass(frozen=True, slots=True)
class OwnPage:
    """A page of a record.

    Attributes:
        text: English; translated where it is shown.
        href: Its address.
    """

    text: str
    href: str


#: Type → its page below the collective's, with the fields whose ids stand in it, and what is there.
_PAGES: Final = {
    "Accord": ("/accords/{id}", N_("What is agreed, and who signed")),
    "AccordSignature": ("/accords/{accord}", N_("What is agreed, and who signed")),
    "CityStory": ("/fairs/{presentation}", N_("The stand and its programme")),
    "Cooperation": ("/cooperations/{id}", N_("The five steps, of both sides")),
    "CooperationStep": ("/cooperations/{cooperation}", N_("The five steps, of both sides")),
    "CountryLead": ("/leads", N_("All leads between countries")),
    "Event": ("/mission-calendar", N_("All missions and events")),
    "FollowUp": ("/follow-ups", N_("All results and follow-ups")),
    "JointPresentation": ("/fairs/{id}", N_("The stand and its programme")),
    "MatchmakingDay": ("/matchmaking-days/{id}", N_("Who takes part, and who meets whom")),
    "MentorProfile": ("/mentors", N_("Mentors and students")),
    "Mentorship": ("/mentors", N_("Mentors and students")),
    "Mission": ("/missions/{id}", N_("Programme, people and travel")),
    "MissionReport": ("/missions/{mission}/report", N_("Read the report")),
    "Participation": ("/matchmaking-days/participation/{id}", N_("Meetings of this participant")),
    "TravelPermission": ("/missions/{mission}/money", N_("Budget and costs")),
    "VoucherScheme": ("/vouchers/{id}", N_("Ask for vouchers, or give them")),
    "WorkingGroup": ("/working-groups/{id}", N_("Tasks, meetings and reminders")),
}
#: Fields with members that those pages ask one by one, where the general form would be too long.
ASKED_THERE: Final = frozenset(
    (
        *(("Mission", "programme"), ("MissionReport", "sections"), ("VoucherScheme", "vouchers")),
        *(("TravelPermission", "costs"), ("TravelPermission", "rates")),
        *(("MatchmakingDay", "plan"), ("MatchmakingDay", "unplanned")),
        *(("MatchmakingDay", "changes"), ("MatchmakingDay", "cancelled")),
    )
)


def own_page(desk: Desk, record: Record) -> OwnPage | None:
    """Find the page of a record's type; `None` where the general page is all there is."""
    found = _PAGES.get(type(record).__name__)
    if found is None:
        return None
    path, text = found
    ids = {
        name: quote(value, safe=":")
        for name in ("id", "accord", "presentation", "cooperation", "mission")
        if isinstance(value := getattr(record, name, None), str)
    }
    return OwnPage(text, desk.at(path.format_map(ids)))
