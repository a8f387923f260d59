"""Records of pilots: once signed they stay as they were signed."""

from typing import Final

from hanze.collaboration.claims import NOT_COVERED
from hanze.collaboration.records.fields import fields_of
from hanze.collaboration.records.projects import PilotRecord
from hanze.collaboration.rules.step import RuleBroken, Step

__all__ = ["UNSIGNED", "keep_signed"]

#: Fields that help to find a record and are not part of what a host signs.
UNSIGNED: Final = NOT_COVERED


def keep_signed(step: Step[PilotRecord]) -> None:
    """Keep a signed record as it is.

    Raises:
        RuleBroken: It would change or go; says what can be done.
    """
    before, after = step.before, step.after
    if before is None or before.signature is None:
        return
    if after is None:
        raise RuleBroken(
            f"Pilot record {before.id} is signed: others rely on it, and it cannot be deleted. "
            "What turned out otherwise goes into a new record that refers to it (seeAlso)",
            field="signature",
        )
    for field in fields_of(PilotRecord):
        if field.name not in UNSIGNED and getattr(before, field.name) != getattr(after, field.name):
            raise RuleBroken(
                f"Pilot record {before.id} is signed; its {field.term} cannot change. A new record "
                "can correct it",
                field=field.term,
            )
