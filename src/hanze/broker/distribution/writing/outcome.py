"""What came of a write that went to several places (CIM 009, 5.2.16 to 5.2.19, 6.3.17).

A source that does not have what was to be changed takes no part in it: that is a failure only where
nobody else did the same.
"""

from collections.abc import Sequence

import msgspec

from hanze.broker.distribution.writing.plan import ENTITY
from hanze.errors import Conflicting, HanzeError, NotFound

__all__ = ["Attempt", "NotAtSource", "NotOffered", "Outcome", "outcome_of", "settled"]


class NotOffered(Conflicting):
    """An exclusive or redirect source has what is to be written, and takes no such request (5.6)."""

    def __init__(self, registration_id: str, operation: str) -> None:
        super().__init__(f"The source of {registration_id} does not offer {operation}")


class NotAtSource(NotFound):
    """A source has nothing of what is to be changed."""

    def __init__(self, registration_id: str, entity_id: str) -> None:
        super().__init__(f"The source of {registration_id} does not have it of {entity_id}")


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """What one place made of its part.

    Attributes:
        names: IRIs of the attributes that it was about, or what else of the entity.
        registration_id: `None` for the node itself.
        error: Why it failed; `None` where it did not, or left something alone.
        reason: Why it left something alone, as it was asked to (5.6.3).
        created: Whether the entity is new there.
        soft: Whether it does not count where others did the same.
    """

    names: tuple[str, ...]
    registration_id: str | None = None
    error: HanzeError | None = None
    reason: str | None = None
    created: bool = False
    soft: bool = False

    @property
    def failed(self) -> bool:
        """Whether something was not written."""
        return self.error is not None or self.reason is not None


class Outcome(msgspec.Struct, frozen=True):
    """What came of a write.

    Attributes:
        updated: What was carried out somewhere: IRIs of attributes, or what else of the entity.
        failures: What was not, and why.
        created: Whether the entity is new at every place that took part.
    """

    updated: tuple[str, ...]
    failures: tuple[Attempt, ...] = ()
    created: bool = False

    @property
    def attributes(self) -> tuple[str, ...]:
        """What was carried out, as results name it: without the entity itself."""
        return tuple(name for name in self.updated if name != ENTITY)


def settled(attempts: Sequence[Attempt]) -> Outcome:
    """Put together what several places made of one entity."""
    if len(attempts) == 1 and not attempts[0].failed:
        return Outcome(tuple(dict.fromkeys(attempts[0].names)), (), attempts[0].created)
    done = [attempt for attempt in attempts if not attempt.failed]
    updated = tuple(dict.fromkeys(name for attempt in done for name in attempt.names))
    failures = _failures(attempts, updated)
    return Outcome(updated, failures, bool(done) and all(one.created for one in done))


def outcome_of(attempts: Sequence[Attempt]) -> Outcome:
    """Put together what came of a request about one entity.

    Raises:
        HanzeError: Nothing was carried out, and one error says why.
    """
    outcome = settled(attempts)
    if not outcome.updated and outcome.failures:
        error = _error_of_all(outcome.failures)
        if error is not None:
            raise error
    return outcome


def _failures(attempts: Sequence[Attempt], updated: Sequence[str]) -> tuple[Attempt, ...]:
    """Leave of what failed what nothing else tells of."""
    failed = [attempt for attempt in attempts if attempt.failed]
    kept = [attempt for attempt in failed if not _may_be_passed_over(attempt)]
    told = set(updated).union(*(attempt.names for attempt in kept))
    # That a source refuses says more than that it has nothing.
    for attempt in sorted(failed, key=lambda one: isinstance(one.error, NotFound)):
        about = set(attempt.names) - {ENTITY}
        if _may_be_passed_over(attempt) and not (told and about <= told):
            # What is told of already is not told twice.
            left = tuple(name for name in attempt.names if name not in told)
            kept.append(_about(attempt, left))
            told.update(attempt.names)
    return tuple(kept)


def _about(attempt: Attempt, names: tuple[str, ...]) -> Attempt:
    return Attempt(
        names=names,
        registration_id=attempt.registration_id,
        error=attempt.error,
        reason=attempt.reason,
        soft=attempt.soft,
    )


def _may_be_passed_over(attempt: Attempt) -> bool:
    return attempt.soft or isinstance(attempt.error, NotFound)


def _error_of_all(failures: Sequence[Attempt]) -> HanzeError | None:
    """Choose what to raise where everything failed; `None` where a list says it better (6.3.17)."""
    errors = [attempt.error for attempt in failures if attempt.error is not None]
    if len(errors) < len(failures):
        return None
    # Who has nothing of it is no obstacle: what stopped the others is the reason.
    telling = [error for error in errors if not isinstance(error, NotFound)]
    if not telling:
        return errors[0]
    conflicts = [error for error in telling if isinstance(error, Conflicting)]
    if conflicts:
        return conflicts[0]
    return telling[0] if len(telling) == 1 else None
