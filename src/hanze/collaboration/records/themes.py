"""Themes with their task division, and the concepts that cities add to the vocabulary (SKOS)."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Final

from hanze.collaboration.records.record import Code, Label, Place, Record, Refers, Structure

__all__ = ["CONCEPT_STATUSES", "Chair", "Concept", "Task", "Theme"]

CONCEPT_STATUSES: Final = ("draft", "reviewed")

_Contact = Annotated[str, Refers.to("Contact")]


class Chair(Structure, frozen=True, kw_only=True):
    """Who chairs, from when until when (the day after is the next one's)."""

    city: str
    since: date
    until: date


class Task(Structure, frozen=True, kw_only=True):
    """Who does what for the others."""

    city: str
    task: Label
    due: date | None = None
    done_on: date | None = None


class Theme(Record, frozen=True, kw_only=True):
    """An area of application, and who does what in it.

    Attributes:
        notation: Id of its concept in the vocabulary, e.g. "mobility".
        broader: The theme that it is part of.
        sdg: Goals and targets of the United Nations, e.g. "11.6".
        lead_cities: Who goes first, at home and abroad.
        chairs: In turn.
        tasks: Division of the work.
        ministry: Responsible.
        ministry_contact: The one person to ask there.
    """

    notation: str | None = None
    broader: Annotated[str, Refers.to("Theme")] | None = None
    sdg: tuple[str, ...] = ()
    lead_cities: tuple[Place, ...] = ()
    chairs: tuple[Chair, ...] = ()
    tasks: tuple[Task, ...] = ()
    ministry: Annotated[str, Refers.to("Organization")] | None = None
    ministry_contact: _Contact | None = None


class Concept(Record, frozen=True, kw_only=True):
    """A concept that a city adds to the vocabulary; `title` holds its preferred labels (SKOS).

    Attributes:
        notation: Its id in the vocabulary, with the city's prefix.
        alt_labels: Other words for it, by language.
        broader_concept: Id of the wider concept.
        related_concepts: Ids.
        status: One of `CONCEPT_STATUSES`.
        sdg: Goals and targets.
    """

    notation: str
    alt_labels: Mapping[str, tuple[str, ...]] = {}
    broader_concept: str | None = None
    related_concepts: tuple[str, ...] = ()
    status: Annotated[str, Code(CONCEPT_STATUSES)] = "draft"
    sdg: tuple[str, ...] = ()
