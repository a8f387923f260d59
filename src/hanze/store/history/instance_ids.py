"""Instance ids: computed from series and sequence, never stored (CIM 009, 4.5.7)."""

from typing import Final

__all__ = ["instance_id_of", "named_by"]

_PREFIX: Final = "urn:ngsi-ld:Instance:"
_LONGEST: Final = 16


def instance_id_of(series: int, sequence: int) -> str:
    """Return the id of an instance.

    Args:
        sequence: Negative before 1970; two's complement then, as a URI has no sign to spare.
    """
    return f"{_PREFIX}{series:x}-{sequence & _MASK:x}"


def named_by(instance_id: str) -> tuple[int, int] | None:
    """Return the series and the sequence of an id; `None` when it is none of ours."""
    if not instance_id.startswith(_PREFIX):
        return None
    series, _, sequence = instance_id[len(_PREFIX) :].partition("-")
    if not (_is_hex(series) and _is_hex(sequence)):
        return None
    number = int(sequence, 16)
    return int(series, 16), number - (_MASK + 1) if number > _MASK >> 1 else number


_MASK: Final = (1 << 64) - 1
_DIGITS: Final = frozenset("0123456789abcdef")


def _is_hex(text: str) -> bool:
    return 0 < len(text) <= _LONGEST and _DIGITS.issuperset(text)
