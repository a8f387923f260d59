"""The menu of the collective: every page that a reader may start from."""

from dataclasses import dataclass
from typing import Final

__all__ = ["GROUPS", "MENU", "Entry"]


def N_(text: str) -> str:  # noqa: N802  # the name by which translators' tools find texts
    """Mark a text that the template translates."""
    return text


@dataclass(frozen=True, slots=True)
class Entry:
    """A page in the menu.

    Attributes:
        key: By which a page says that it is the present one.
        path: Below `/{language}/collective`.
        text: English; translated where it is shown.
        group: One of `GROUPS`.
        first: Whether it stands in the bar, and not only in the list of all pages.
    """

    key: str
    path: str
    text: str
    group: str
    first: bool = False


#: Key → heading.
GROUPS: Final = {
    "start": N_("For you"),
    "find": N_("Find"),
    "work": N_("Work together"),
    "abroad": N_("With cities abroad"),
    "people": N_("Themes and people"),
    "manage": N_("Manage"),
}

MENU: Final = (
    Entry("start", "", N_("Start"), "find", first=True),
    Entry("overview", "/overview", N_("Overview"), "find", first=True),
    Entry("mayor", "/mayor", N_("For a mayor"), "start"),
    Entry("officer", "/officer", N_("For a policy officer"), "start"),
    Entry("resident", "/resident", N_("For a resident"), "start"),
    Entry("partner", "/partner", N_("For a partner"), "start"),
    Entry("match", "/match", N_("Who fits whom"), "work", first=True),
    Entry("matches", "/matches", N_("Matches"), "work"),
    Entry("funnel", "/funnel", N_("Innovation funnel"), "work", first=True),
    Entry("replicate", "/replicate", N_("Use what works elsewhere"), "work"),
    Entry("replications", "/replications", N_("Replications"), "work"),
    Entry("bundles", "/bundles", N_("Buy together"), "work"),
    Entry("calendar", "/calendar", N_("Demand calendar"), "find"),
    Entry("connections", "/connections", N_("Unexpected connections"), "find"),
    Entry("programme", "/programme", N_("A programme of matches"), "work"),
    Entry("matchmaking-days", "/matchmaking-days", N_("Matchmaking days"), "abroad"),
    Entry("fairs", "/fairs", N_("Together at fairs"), "abroad"),
    Entry("vouchers", "/vouchers", N_("Vouchers"), "abroad"),
    Entry("mission-calendar", "/mission-calendar", N_("Missions and events"), "abroad"),
    Entry("follow-ups", "/follow-ups", N_("What became of missions"), "abroad"),
    Entry("countries", "/abroad", N_("Opportunities per country"), "abroad"),
    Entry("themes", "/themes", N_("Themes"), "people", first=True),
    Entry("subsidies", "/subsidies", N_("Subsidies"), "people"),
    Entry("buddies", "/buddies", N_("Buddies for tenders that run"), "people"),
    Entry("budgets", "/budgets", N_("Budgets of ministries"), "people"),
    Entry("labs", "/labs", N_("Living labs"), "people"),
    Entry("pilots", "/pilots", N_("Pilots with a signature"), "people"),
    Entry("platforms", "/platforms", N_("City platforms"), "people"),
    Entry("standards", "/standards", N_("Standards"), "people"),
    Entry("contribute", "/contribute", N_("Tell your idea"), "people"),
    Entry("contributions", "/contributions", N_("Ideas of residents"), "people"),
    Entry("districts", "/districts", N_("Which districts are silent"), "people"),
    Entry("build", "/build", N_("Build with open data"), "people"),
    Entry("cooperations", "/cooperations", N_("Cooperation across borders"), "abroad"),
    Entry("accords", "/accords", N_("Agreements with partners"), "abroad"),
    Entry("relations", "/relations", N_("Relations abroad"), "abroad"),
    Entry("leads", "/leads", N_("Who leads a theme between countries"), "abroad"),
    Entry("mentors", "/mentors", N_("Mentors and students"), "abroad"),
    Entry("indicators", "/indicators", N_("Figures of cooperation abroad"), "abroad"),
    Entry("contribution-desk", "/contributions/desk", N_("Answer and enter"), "manage"),
    Entry("duplicates", "/duplicates", N_("What may be double"), "manage"),
    Entry("members", "/members", N_("Cities that take part"), "manage"),
    Entry("vocabulary", "/vocabulary", N_("Vocabulary"), "manage"),
    Entry("new", "/new", N_("Add a record"), "manage"),
    Entry("groups", "/groups", N_("Drafts and closed groups"), "manage"),
)
