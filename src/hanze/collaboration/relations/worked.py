"""What projects, matches, replications and mentorships say of who works with whom."""

from collections.abc import Iterator
from datetime import date

from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.records.cooperation import MentorProfile, Mentorship
from hanze.collaboration.records.matches import Match
from hanze.collaboration.records.projects import Project, Replication
from hanze.collaboration.relations.happening import Happening, Parties, past_or_planned, recorded

__all__ = ["parties_of_project", "parties_of_replication", "worked"]


def worked(collective: Collective, parties: Parties, today: date) -> Iterator[Happening]:
    """Tell of projects, accepted matches, replications and mentorships across a border."""
    for match in collective.of(Match):
        if match.record.decision != "proposed":
            yield _match(match, parties, today)
    for project in collective.of(Project):
        together = parties_of_project(project)
        if parties.cross(together, certain=True):
            yield _project(project, together, today)
    for replication in collective.of(Replication):
        yield _replication(replication, parties, today)
    for mentorship in collective.of(Mentorship):
        yield _mentorship(collective, mentorship, today)


def parties_of_project(held: Held[Project]) -> frozenset[str]:
    """Name who works on a project; who is only interested does not."""
    project = held.record
    named = (held.city, project.lead, *project.followers, *project.partners, *project.suppliers)
    others = (*project.knowledge_partners, *project.co_investors)
    return frozenset(party for party in (*named, *others) if party is not None)


def parties_of_replication(held: Held[Replication], parties: Parties) -> frozenset[str]:
    """Name from whom and to whom something goes over."""
    replication = held.record
    origin = frozenset({replication.credit_to} if replication.credit_to is not None else ())
    return (origin or parties.owner(replication.project)) | {replication.city}


def _match(held: Held[Match], parties: Parties, today: date) -> Happening:
    match = held.record
    last = max((one.on for one in match.decisions), default=None)
    on, basis = (last, "decisions") if last is not None else recorded(held)
    together = frozenset[str]().union(*(parties.owner(party) for party in match.parties))
    return Happening(
        on=on,
        kind="match",
        held=held,
        parties=together,
        title=match.title,
        state=past_or_planned(on, today) if match.decision == "accepted" else "cancelled",
        basis=basis,
        standing=("decision", match.decision),
        note=match.reasons,
    )


def _project(held: Held[Project], together: frozenset[str], today: date) -> Happening:
    project = held.record
    on, basis = recorded(held)
    if project.started_on is not None:
        on, basis = project.started_on, "started_on"
    return Happening(
        on=on,
        kind="project",
        held=held,
        parties=together,
        title=project.title,
        state="cancelled" if project.stage == "stopped" else past_or_planned(on, today),
        basis=basis,
        ends=project.ended_on,
        standing=("stage", project.stage),
        note=project.description,
    )


def _replication(held: Held[Replication], parties: Parties, today: date) -> Happening:
    replication = held.record
    on, basis = recorded(held)
    return Happening(
        on=on,
        kind="replication",
        held=held,
        parties=parties_of_replication(held, parties),
        title=replication.title,
        state="cancelled" if replication.status == "dropped" else past_or_planned(on, today),
        basis=basis,
        standing=("status", replication.status),
        note=replication.feedback or replication.adaptations,
    )


def _mentorship(collective: Collective, held: Held[Mentorship], today: date) -> Happening:
    """Between countries and organisations: the two people stay unnamed."""
    mentorship = held.record
    together: set[str] = set()
    for name in (mentorship.mentor, mentorship.student):
        found = collective.find(name)
        if found is not None and isinstance(found.record, MentorProfile):
            sides = (found.record.organization, found.record.country)
            together |= {side for side in sides if side is not None}
    on, basis = recorded(held)
    if mentorship.since is not None:
        on, basis = mentorship.since, "since"
    return Happening(
        on=on,
        kind="mentorship",
        held=held,
        parties=frozenset(together),
        title=mentorship.title,
        state="cancelled" if mentorship.status == "stopped" else past_or_planned(on, today),
        basis=basis,
        ends=mentorship.until,
        standing=("status", mentorship.status),
        note=mentorship.outcome or mentorship.reasons,
    )
