"""What matching looks at: the side that seeks, and the side that offers.

A profile is made of a record and of what the collective knows around it; matching itself reads
nothing else. What is unknown stays out.
"""

from datetime import date
from typing import Final

import msgspec

from hanze.collaboration.language.annotate import Annotation

__all__ = ["EVIDENCE", "Evidence", "Profile"]

#: What a project in each stage shows of what it uses, 0 to 1.
EVIDENCE: Final = {
    "idea": 0.0,
    "challenge": 0.05,
    "pilot": 0.35,
    "evaluated": 0.6,
    "replicated": 0.8,
    "scaled": 1.0,
    "stopped": 0.1,
}


class Evidence(msgspec.Struct, frozen=True):
    """One piece of evidence that something works.

    Attributes:
        record: Id of the project or signed pilot record.
        strength: 0 to 1.
        city: Where, if that is known.
    """

    record: str
    strength: float
    city: str | None = None


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """One party, seeking or offering.

    Attributes:
        id: Of its record.
        kind: Name of its record type.
        about: What its texts are about.
        themes: Ids of the themes that it names, the application areas.
        city: Id of the city, region or country that it belongs to.
        country: Id of the country.
        supplier: Whose it is; for variety in a list.
        standards: Ids; asked for by who seeks, kept to by who offers.
        openness: "open", "closed" or "either".
        trl: That it has.
        trl_minimum: That it asks for.
        evidence: That it works.
        languages: In which it must, or can, be worked.
        allowed_countries: From or to which it may be; empty means anywhere.
        requirements: It cannot do without (who seeks).
        meets: Requirements that it meets (who offers).
        personal_data: Whether it may use (who seeks), or uses (who offers) personal data.
        groups: Residents that it is about.
        starts: First day on which it is needed or to be had.
        ends: Last day.
        closed: Why it takes no part now: a status, a deadline that passed; "" where it does.
        strengths: Themes and concepts that were proven there.
        needs: Themes and concepts of open demands there.
        partners: Ids of parties that it is linked with already.
    """

    id: str
    kind: str
    about: Annotation = Annotation()
    themes: frozenset[str] = frozenset()
    city: str | None = None
    country: str | None = None
    supplier: str | None = None
    standards: frozenset[str] = frozenset()
    openness: str | None = None
    trl: int | None = None
    trl_minimum: int | None = None
    evidence: tuple[Evidence, ...] = ()
    languages: frozenset[str] = frozenset()
    allowed_countries: frozenset[str] = frozenset()
    requirements: frozenset[str] = frozenset()
    meets: frozenset[str] = frozenset()
    personal_data: bool | None = None
    groups: frozenset[str] = frozenset()
    starts: date | None = None
    ends: date | None = None
    closed: str = ""
    strengths: frozenset[str] = frozenset()
    needs: frozenset[str] = frozenset()
    partners: frozenset[str] = frozenset()
