"""What people bring in, ask and are: contributions, research questions, contacts."""

from datetime import date, timedelta
from typing import Final

from hanze.collaboration.records.entities import InvalidRecord
from hanze.collaboration.records.needs import ResearchQuestion
from hanze.collaboration.records.organisations import Contact
from hanze.collaboration.records.residents import Contribution
from hanze.collaboration.rules.elsewhere import find_elsewhere
from hanze.collaboration.rules.step import RuleBroken, Step
from hanze.governance.closed import closed_scopes

__all__ = ["keep_consent", "keep_outcome", "keep_parental_consent", "keep_question"]

#: Statuses of a contribution of which its author must be told why.
_DECIDED: Final = frozenset({"declined", "merged", "adopted", "realised"})
#: Those of which its author must be told where it went.
_TAKEN_UP: Final = frozenset({"merged", "adopted"})


def keep_parental_consent(step: Step[Contribution]) -> None:
    """Ask for a parent's or guardian's consent where a child contributes.

    What a closed group alone sees may wait for it: it is asked for when that is published.

    Raises:
        InvalidRecord: It is missing, or lies ahead.
    """
    one = step.after
    if one is None:
        return
    if one.age_group == "child" and one.parental_consent_on is None and not _waits(step):
        raise InvalidRecord(
            Contribution,
            "must name the day on which a parent or guardian agreed, for a child's contribution",
            field="parentalConsentOn",
        )
    _check_past(step, "parentalConsentOn", one.parental_consent_on)


def keep_outcome(step: Step[Contribution]) -> None:
    """Ask what became of a contribution, where something did.

    Raises:
        RuleBroken: The outcome is missing, or the record that it went into.
    """
    one = step.after
    if one is None:
        return
    if one.status in _DECIDED and not one.outcome:
        raise RuleBroken(
            f"A contribution that is {one.status} needs an outcome: whoever made it is told what "
            "became of it",
            field="outcome",
            value=one.status,
        )
    if one.status in _TAKEN_UP and one.became is None:
        raise RuleBroken(
            f"A contribution that is {one.status} needs became: the record that it went into",
            field="became",
            value=one.status,
        )
    if one.became == one.id:
        raise RuleBroken("A contribution cannot become itself", field="became", value=one.id)
    if one.status == "merged" and one.became is not None:
        _check_end(step, one.became)


def _check_end(step: Step[Contribution], became: str) -> None:
    """Refuse chains and circles of merged contributions: who follows one arrives at its answer."""
    into = find_elsewhere(step, became)
    if isinstance(into, Contribution) and into.status == "merged":
        raise RuleBroken(
            f"{became} was merged itself; it went into {into.became}",
            field="became",
            value=became,
        )


def keep_question(step: Step[ResearchQuestion]) -> None:
    """Ask who took a question up, and what the answer is.

    Raises:
        RuleBroken: Names what is missing.
    """
    question = step.after
    if question is None:
        return
    if question.status == "answered" and not question.answer:
        raise RuleBroken("A question that is answered needs its answer", field="answer")
    if question.status == "matched" and not question.researchers:
        raise RuleBroken("A question that is matched needs its researchers", field="researchers")


def keep_consent(step: Step[Contact]) -> None:
    """Name people only with their consent; taking a name away is always allowed.

    What a closed group alone sees may wait for it: it is asked for when that is published.

    Raises:
        InvalidRecord: A person's consent is missing, or lies ahead.
    """
    contact = step.after
    unasked = contact is not None and contact.person and contact.consent_on is None
    if unasked and not _waits(step):
        raise InvalidRecord(
            Contact, "must name the day on which the person agreed to be shown", field="consentOn"
        )
    if contact is not None:
        _check_past(step, "consentOn", contact.consent_on)


def _waits(step: Step[Contact] | Step[Contribution]) -> bool:
    return step.entity is not None and bool(closed_scopes(step.entity.scope))


def _check_past(step: Step[Contact] | Step[Contribution], field: str, day: date | None) -> None:
    """Refuse consent that is still to be given; east of here it may be tomorrow already."""
    if day is not None and day > date.fromisoformat(step.now[:10]) + timedelta(days=1):
        raise InvalidRecord(type(step.after), "must not lie ahead", field=field, value=day)  # type: ignore[arg-type]  # it is there
