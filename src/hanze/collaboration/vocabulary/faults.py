"""What can be wrong with concepts, and the errors that say so."""

from collections.abc import Sequence
from typing import Final

import msgspec

from hanze.errors import InvalidInput, NotFound

__all__ = ["ConceptNotFound", "Fault", "VocabularyInvalid"]


class ConceptNotFound(NotFound):
    """A vocabulary has no concept of this id."""

    def __init__(self, concept_id: str) -> None:
        super().__init__(f"The concept {concept_id[:100]} does not exist")
        self.concept_id = concept_id


class Fault(msgspec.Struct, frozen=True):
    """What is wrong with a concept.

    Attributes:
        concept: Id of the concept, as far as it is known.
        reason: A sentence without its subject: "has no label in ko".
        line: Where it stands in the file, from 1; 0 where that is not known.
    """

    concept: str
    reason: str
    line: int = 0

    def __str__(self) -> str:
        place = f"line {self.line}: " if self.line else ""
        return f"{place}{self.concept or 'a concept'} {self.reason}"


class VocabularyInvalid(InvalidInput):
    """Concepts do not make a vocabulary; `faults` says all that is wrong, one by one."""

    _NAMED: Final = 5

    def __init__(self, source: str, faults: Sequence[Fault]) -> None:
        named = "; ".join(map(str, faults[: self._NAMED]))
        more = f"; and {len(faults) - self._NAMED} more" if len(faults) > self._NAMED else ""
        super().__init__(f"{source} is not a valid vocabulary: {named}{more}")
        self.source = source
        self.faults = tuple(faults)
