"""Mentors and students: each speaks for themselves, and has room for so many."""

from collections.abc import Mapping
from typing import Final

from hanze.collaboration.mentoring.pairing import RUNNING
from hanze.collaboration.records.cooperation import MentorProfile, Mentorship
from hanze.collaboration.records.entities import InvalidRecord
from hanze.collaboration.rules.elsewhere import find_elsewhere
from hanze.collaboration.rules.listed import is_closed, others_listed, put_on_list
from hanze.collaboration.rules.speaking import check_speaks_for
from hanze.collaboration.rules.step import RuleBroken, Step

__all__ = [
    "keep_mentorship_own",
    "keep_mentorship_status",
    "keep_pair",
    "keep_profile_own",
    "keep_room",
]

#: The register of mentorships by profile.
_LIST: Final = "mentorship"
#: From a status to those that may follow.
_FOLLOWING: Final[Mapping[str, frozenset[str]]] = {
    "proposed": frozenset({"active", "stopped"}),
    "active": frozenset({"completed", "stopped"}),
    "completed": frozenset(),
    "stopped": frozenset(),
}


def keep_profile_own(step: Step[MentorProfile]) -> None:
    """Let an organisation speak for its own mentors and students.

    Raises:
        SpeaksForAnother: The caller speaks for another organisation.
    """
    for profile in (step.before, step.after):
        if profile is not None:
            check_speaks_for(step, "What a profile says", profile.id, profile, field="organization")


def keep_pair(step: Step[Mentorship]) -> None:
    """Ask for a mentor and a student, who are not the same person; the pair is fixed.

    Raises:
        InvalidRecord: A profile is of the other role, or both are of one contact.
        RuleBroken: The pair would change.
    """
    mentorship, before = step.after, step.before
    if mentorship is None:
        return
    pair = mentorship.mentor, mentorship.student
    if before is not None and pair != (before.mentor, before.student):
        raise RuleBroken(
            f"The pair of {mentorship.id} cannot change; another pair is another mentorship",
            field="mentor" if mentorship.mentor != before.mentor else "student",
        )
    found = [find_elsewhere(step, name) for name in pair]
    for role, name, record in zip(("mentor", "student"), pair, found, strict=True):
        if isinstance(record, MentorProfile) and record.role != role:
            raise InvalidRecord(
                Mentorship, f"must be the profile of a {role}", field=role, value=name
            )
    one, other = found
    if isinstance(one, MentorProfile) and isinstance(other, MentorProfile):
        same = one.contact is not None and one.contact == other.contact
        if same or one.id == other.id:
            raise InvalidRecord(Mentorship, "must be two people", field="student")


def keep_mentorship_status(step: Step[Mentorship]) -> None:
    """Begin before it ends; what has ended stays as it is.

    Raises:
        RuleBroken: It cannot go there from where it is, or is completed without what came of it.
    """
    mentorship, before = step.after, step.before
    if mentorship is None:
        return
    if before is not None and mentorship.status != before.status:
        following = _FOLLOWING[before.status]
        if mentorship.status not in following:
            raise RuleBroken(
                f"A mentorship that is {before.status} can become "
                f"{' or '.join(sorted(following)) or 'nothing else'}",
                field="status",
                value=mentorship.status,
            )
    if mentorship.status == "completed" and not mentorship.outcome:
        raise RuleBroken(
            f"Mentorship {mentorship.id} is completed when outcome says what came of it",
            field="outcome",
        )


def keep_room(step: Step[Mentorship]) -> None:
    """Take up no more of a mentor's or student's time than they have.

    Raises:
        RuleBroken: The profile has as many mentorships as it has time for.
    """
    mentorship = step.after
    if mentorship is None:
        return
    takes_up = mentorship.status in RUNNING and not is_closed(step)
    was_running = step.before is not None and step.before.status in RUNNING
    for role in ("mentor", "student"):
        name = mentorship.mentor if role == "mentor" else mentorship.student
        profile = find_elsewhere(step, name)
        if takes_up and not was_running and isinstance(profile, MentorProfile):
            taken = sum(
                other.status in RUNNING and name in (other.mentor, other.student)
                for other in others_listed(step, Mentorship, _LIST, name)
            )
            if taken >= profile.capacity:
                raise RuleBroken(
                    f"{name} has time for {profile.capacity}, and has as many",
                    field=role,
                    value=name,
                )
        put_on_list(step, _LIST, name)


def keep_mentorship_own(step: Step[Mentorship]) -> None:
    """Let the two sides, and nobody else, say how it goes.

    Raises:
        SpeaksForAnother: The caller stands behind neither of the two.
    """
    for one in (step.before, step.after):
        if one is not None:
            sides = (one.mentor, one.student, one.source_city)
            check_speaks_for(step, "How a mentorship goes", one.id, *sides, field="mentor")
