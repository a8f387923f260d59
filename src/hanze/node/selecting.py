"""What a person names of the history, as values: terms become IRIs, days become moments."""

from collections.abc import Sequence
from typing import Final

from hanze.errors import InvalidInput
from hanze.ngsild.context import CORE
from hanze.ngsild.moment import parse_date, parse_datetime
from hanze.ngsild.vocabulary import HANZE
from hanze.store.history.selection import Selection

__all__ = ["iris_of", "selection_of"]

_DATE_LENGTH: Final = len("2026-11-22")


def iris_of(term: str) -> tuple[str, ...]:
    """Return what a term stands for: in Hanze's vocabulary, and in the default @context (5.5.5).

    Data that connectors brought has the one, data that came without a @context has the other. An
    IRI stands for itself.

    Raises:
        InvalidInput: It is no name.
    """
    return tuple(dict.fromkeys(context.expand_name(term) for context in (HANZE, CORE)))


def selection_of(
    tenant: str,
    *,
    types: Sequence[str] = (),
    ids: Sequence[str] = (),
    attributes: Sequence[str] = (),
    start: str | None = None,
    end: str | None = None,
) -> Selection:
    """Make a selection of what a person names.

    Args:
        types: Terms or IRIs.
        attributes: The same.
        start: DateTime, or a Date: its first moment in UTC.
        end: The same, excluded.

    Raises:
        InvalidInput: A name or a moment is none, or the end is not after the start.
    """
    first = None if start is None else _moment(start, "from")
    last = None if end is None else _moment(end, "to")
    if first is not None and last is not None and last <= first:
        raise InvalidInput("to must be later than from", field="to", value=end)
    return Selection(
        tenant=tenant,
        types=frozenset(iri for term in types for iri in iris_of(term)),
        ids=frozenset(ids),
        attributes=frozenset(iri for term in attributes for iri in iris_of(term)),
        start=first,
        end=last,
    )


def _moment(text: str, field: str) -> int:
    if len(text) == _DATE_LENGTH:
        return parse_date(text, field=field)
    return parse_datetime(text, field=field)
