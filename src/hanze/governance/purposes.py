"""Purposes of processing: which there are, what each is a kind of, and what one admits (pure).

A purpose is agreed as it is named. What is narrower passes only where both parties opted in, and
some purposes never pass that way: DPV puts the detection of fraud in health care under the
management of health care, and nobody who agrees to care agrees to that.
"""

from collections.abc import Collection, Iterable, Mapping
from functools import cache
from typing import Final

from hanze.errors import InvalidInput
from hanze.governance.purpose_table import PREFIXES, PURPOSE_TABLE

__all__ = [
    "BROADER",
    "NEVER_NARROWER",
    "PURPOSES",
    "UnknownPurpose",
    "admits",
    "broader_than",
    "curie_of",
    "purpose_iri",
    "purpose_label",
]

_DPV: Final = "https://w3id.org/dpv"

#: What is asked for by its own name or not at all, with everything that is narrower.
_SENSITIVE: Final = (
    "dpv:Counterterrorism",
    "dpv:MisusePreventionAndDetection",
    "dpv:ProtectionOfNationalSecurity",
    "dpv:ProtectionOfPublicSecurity",
    "dpv:RecruitmentApplicantCriminalBackgroundCheck",
    "sector-infra:PublicTransportFraudManagement",
    "sector-law:JusticeManagement",
)


class UnknownPurpose(InvalidInput):
    """What is named is no purpose: neither an IRI, nor one that DPV 2.3 has."""


def _written_out(curie: str) -> str:
    prefix, _, name = curie.partition(":")
    return PREFIXES[prefix] + name


#: By IRI of each purpose of DPV 2.3: the IRIs of those it is directly a kind of.
BROADER: Final[Mapping[str, frozenset[str]]] = {
    _written_out(name): frozenset(_written_out(one) for one in broader)
    for name, *broader in (line.split() for line in PURPOSE_TABLE.splitlines())
}
PURPOSES: Final = frozenset(BROADER)


@cache
def _broader_than(purpose: str) -> frozenset[str]:
    found: set[str] = set()
    new = set(BROADER.get(purpose, ()))
    while new:
        found |= new
        new = {above for one in new for above in BROADER[one]} - found
    return frozenset(found)


def broader_than(purpose: str) -> frozenset[str]:
    """Return the IRIs of all purposes that a purpose is a kind of, without itself."""
    return _broader_than(purpose) if purpose in BROADER else frozenset()


def _with_narrower(roots: Iterable[str]) -> frozenset[str]:
    named = frozenset(roots)
    return named | {purpose for purpose in PURPOSES if named & broader_than(purpose)}


#: IRIs of purposes that no agreement for a broader one admits, opted in or not.
NEVER_NARROWER: Final = _with_narrower(_written_out(name) for name in _SENSITIVE)


def admits(agreed: Collection[str], asked: str, *, narrower: bool = False) -> bool:
    """Tell whether what was agreed admits a purpose.

    Args:
        agreed: IRIs.
        asked: IRI.
        narrower: Whether narrower purposes than those agreed pass, too; broader ones never do, nor
            does anything in `NEVER_NARROWER` that is not agreed by its own name.
    """
    if asked in agreed:
        return True
    if not narrower or asked in NEVER_NARROWER:
        return False
    return not broader_than(asked).isdisjoint(agreed)


def purpose_iri(text: str, *, field: str | None = None) -> str:
    """Read a purpose: an IRI, or a name with a prefix of DPV ("dpv:AcademicResearch").

    Purposes of others than DPV are taken as they are; of DPV only those that it has.

    Raises:
        UnknownPurpose: It is neither.
    """
    prefix, colon, name = text.strip().partition(":")
    iri = PREFIXES[prefix] + name if colon and prefix in PREFIXES else text.strip()
    if iri.startswith(_DPV) and iri not in PURPOSES:
        raise UnknownPurpose(
            f"DPV 2.3 has no purpose {iri[:100]}", field=field, value=text, clause="DPV 2.3"
        )
    if not colon or not prefix or not name or any(letter.isspace() for letter in iri):
        raise UnknownPurpose(
            "A purpose must be an IRI or have a prefix of DPV", field=field, value=text
        )
    return iri


def curie_of(purpose: str) -> str:
    """Write a purpose with its prefix where it is one of DPV, else as it is."""
    for prefix, namespace in PREFIXES.items():
        if purpose.startswith(namespace):
            return f"{prefix}:{purpose.removeprefix(namespace)}"
    return purpose


def purpose_label(purpose: str) -> str:
    """Write a purpose for people: the words of its name."""
    name = purpose.rstrip("/").rsplit("#", 1)[-1].rsplit("/", 1)[-1]
    words = "".join(
        f" {letter}" if letter.isupper() and index and not name[index - 1].isupper() else letter
        for index, letter in enumerate(name)
    )
    return words[:1].upper() + words[1:].lower()
