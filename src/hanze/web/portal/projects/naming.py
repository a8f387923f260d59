"""How pages call projects, assessments and the terms of their questions, and where they lead."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote

from hanze.errors import Conflicting, Denied, HanzeError, InvalidInput, NotFound
from hanze.governance.forms import Term, known_terms
from hanze.web.portal.forms import Given
from hanze.web.portal.site import Visit
from hanze.web.portal.stewarding.names import Called, Namer

__all__ = [
    "WRONG",
    "called_terms",
    "new_id",
    "path_to",
    "status_of",
    "term_texts",
    "terms_given",
    "today_of",
]

#: What a form can be refused for, and mended.
WRONG: Final = (InvalidInput, Conflicting, Denied, NotFound)
_NOT_KEY: Final = re.compile(r"[^a-z0-9]+")
_LONGEST_KEY: Final = 60


def path_to(visit: Visit, area: str, record_id: str, *more: str) -> str:
    """Write the address of a record's page."""
    return "/".join((f"/{visit.language.code}/{area}", quote(record_id, safe=":"), *more))


def status_of(error: HanzeError) -> int:
    """Say with which status a form is shown again."""
    return 403 if isinstance(error, Denied) else 422


def today_of(visit: Visit) -> str:
    """Return the day of the visit where the node is: date text."""
    moment = datetime.fromisoformat(visit.now).astimezone(UTC)
    return moment.astimezone(visit.site.zone).date().isoformat()


def new_id(visit: Visit, kind: str, title: str) -> str:
    """Make an id out of a title: `urn:ngsi-ld:<kind>:<city>:<key>`."""
    own = visit.site.node.governance.rules.own.rpartition(":")[2] or "city"
    key = _NOT_KEY.sub("-", title.lower())[:_LONGEST_KEY].strip("-")
    if not key:
        # Titles in Korean have no letter that an address may hold.
        key = visit.now[:19].replace(":", "").replace("T", "-").lower()
    return f"urn:ngsi-ld:{kind}:{own}:{key}"


def term_texts(visit: Visit, terms: Iterable[Term]) -> list[tuple[str, str]]:
    """Give terms with their names in the language of the page."""
    return [(one.iri, one.name[visit.language.code]) for one in terms]


def called_terms(visit: Visit, iris: Iterable[str]) -> list[Called]:
    """Name categories, purposes and legal grounds."""
    terms = known_terms()
    every = (*terms.category, *terms.purpose, *terms.basis, *terms.special_ground)
    known = {one.iri: one.name[visit.language.code] for one in every}
    namer = Namer(visit)
    return [Called(iri, known[iri]) if iri in known else namer.purpose(iri) for iri in sorted(iris)]


def terms_given(given: Given, name: str) -> Sequence[str]:
    """Read terms that were ticked, and those that were written out, one on each line."""
    written = given.text(f"{name}-other").split()
    return [*given.several(name), *written]
