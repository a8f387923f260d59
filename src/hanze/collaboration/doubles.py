"""The duplicates of a collective: looked for once, and told for as long as no record changes."""

from hanze.collaboration.collective import Collective
from hanze.collaboration.duplicates import LEAST, Duplicate, find_duplicates
from hanze.collaboration.kept import while_unchanged
from hanze.collaboration.records.record import Record

__all__ = ["duplicates_of"]


def duplicates_of(
    collective: Collective,
    kind: type[Record] | None = None,
    *,
    least: float = LEAST,
    among: str | None = None,
) -> list[Duplicate]:
    """Propose pairs of records that may be the same, the surest first.

    Args:
        collective: Up to date.
        kind: Of both; `None` for all types.
        least: Score from which a pair is proposed.
        among: Id of which a pair must be one.
    """
    found = while_unchanged(
        collective, ("duplicates", kind, least), lambda: _found(collective, kind, least)
    )
    return [pair for pair in found if among is None or among in (pair.one, pair.other)]


def _found(collective: Collective, kind: type[Record] | None, least: float) -> list[Duplicate]:
    several = collective.every() if kind is None else collective.of(kind)
    return find_duplicates([held.record for held in several], least=least)
