"""The register of algorithms: open to everybody, kept by stewards."""

from collections.abc import Mapping
from typing import Final

import msgspec

from hanze.errors import InvalidInput, NotFound
from hanze.governance.duties import account_of, require_duty
from hanze.governance.kept import Kept
from hanze.governance.records.algorithm import Algorithm
from hanze.governance.service import Change, Governance
from hanze.identity.caller import Caller
from hanze.identity.roles import STEWARD

__all__ = [
    "FIELDS",
    "AlgorithmNotFound",
    "Algorithms",
    "checked_algorithm",
    "register_entry",
    "text_of",
]

_PREFIX: Final = "urn:ngsi-ld:Algorithm:"
_LANGUAGES: Final = frozenset({"nl", "en", "ko"})
_LONGEST: Final = 10_000

#: Member of a record → field of the Dutch register of algorithms (its publication standard 1.0), as
#: https://algoritmes.overheid.nl has them in its API and files; names alone.
FIELDS: Final[Mapping[str, str]] = {
    "name": "name",
    "description": "description_short",
    "organization": "organization",
    "department": "department",
    "category": "publication_category",
    "status": "status",
    "goal": "goal",
    "considerations": "proportionality",
    "human_intervention": "human_intervention",
    "decision": "decision_making_process",
    "risks": "risk_management",
    "lawful_basis": "lawful_basis",
    "impact_tests": "impacttoetsen",
    "source_data": "source_data",
    "methods": "methods_and_models",
    "provider": "provider",
    "contact": "contact_email",
    "url": "website",
    "begin_date": "begin_date",
    "end_date": "end_date",
    "modified": "revision_date",
}


class AlgorithmNotFound(NotFound):
    """No algorithm of this id is registered."""

    def __init__(self, algorithm_id: str) -> None:
        super().__init__(f"Algorithm {algorithm_id[:200]} does not exist")


def checked_algorithm(record: Algorithm) -> Algorithm:
    """Check what the types do not say.

    Raises:
        InvalidInput: The id, a language, or what everybody must be told is missing or wrong.
    """
    if not record.id.startswith(_PREFIX) or not record.id.removeprefix(_PREFIX).strip(":"):
        raise InvalidInput(
            f"The id of an algorithm must begin with {_PREFIX}", field="id", value=record.id
        )
    for member in ("name", "description", "goal"):
        if not any(text.strip() for text in getattr(record, member).values()):
            raise InvalidInput("It must be told in at least one language", field=member)
    for member in ("organization", "contact"):
        if not getattr(record, member).strip():
            raise InvalidInput("It must be told", field=member)
    for member, texts in msgspec.structs.asdict(record).items():
        if isinstance(texts, dict):
            _check_texts(member, texts)
    return record


def register_entry(record: Algorithm, language: str) -> dict[str, object]:
    """Write a record with the fields of the Dutch register, in one language.

    Args:
        language: "nl", "en" or "ko"; where a text lacks it, another one serves.
    """
    entry: dict[str, object] = {"lang": language, "id": record.id}
    for member, value in msgspec.to_builtins(record, str_keys=True).items():
        name = FIELDS.get(_snake(member))
        if name is None:
            continue
        said = text_of(value, language) if isinstance(value, dict) else value
        if said:
            entry[name] = said
    return entry


def text_of(texts: Mapping[str, str], language: str) -> str:
    """Choose a text: in this language, else in another that is there."""
    return next((texts[one] for one in (language, "en", "nl", "ko") if texts.get(one)), "")


def _snake(member: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in member)


def _check_texts(member: str, texts: Mapping[str, str]) -> None:
    for language, text in texts.items():
        if language not in _LANGUAGES:
            raise InvalidInput("A language must be nl, en or ko", field=f"{member}.{language[:20]}")
        if len(text) > _LONGEST:
            raise InvalidInput(f"A text has at most {_LONGEST} characters", field=member)


class Algorithms:
    """The algorithms that the organisations of one node use."""

    def __init__(self, governance: Governance) -> None:
        self._governance = governance
        self.kept = Kept("governance-algorithm", Algorithm)

    def all(self) -> list[Algorithm]:
        """List them; the register is public."""
        return sorted(self.kept.all().values(), key=lambda one: one.id)

    def shown(self, algorithm_id: str) -> Algorithm:
        """Return one.

        Raises:
            AlgorithmNotFound: There is none.
        """
        found = self.kept.get(algorithm_id)
        if found is None:
            raise AlgorithmNotFound(algorithm_id)
        return found

    async def set(self, caller: Caller, record: Algorithm, *, now: str) -> Algorithm:
        """Register an algorithm, or change what is told of it.

        Raises:
            DutyMissing: The caller is no steward.
            InvalidInput: As `checked_algorithm`.
        """
        require_duty(caller, STEWARD)
        kept = msgspec.structs.replace(checked_algorithm(record), modified=now)
        account = account_of(caller, "algorithm.set", (kept.id,), now=now)
        await self._governance.change(Change(self.kept, kept), account=account)
        return kept

    async def remove(self, caller: Caller, algorithm_id: str, *, now: str) -> None:
        """Take one out of the register: what was used should rather be out of use there.

        Raises:
            DutyMissing: The caller is no steward.
            AlgorithmNotFound: There is none.
        """
        require_duty(caller, STEWARD)
        record = self.shown(algorithm_id)
        account = account_of(caller, "algorithm.removed", (record.id,), now=now)
        await self._governance.change(Change(self.kept, record, gone=True), account=account)
