"""Which mistakes forms of residents tell on their own page."""

from typing import Final

from hanze.errors import Conflicting, Denied, HanzeError, InvalidInput, NotFound, TooMuch

__all__ = ["told_status"]

_TOLD: Final[tuple[tuple[type[HanzeError], int], ...]] = (
    (InvalidInput, 400),
    (NotFound, 404),
    (Conflicting, 409),
    (Denied, 403),
    (TooMuch, 429),
)


def told_status(error: HanzeError) -> int:
    """Give the status of a page that tells what is wrong.

    Raises:
        HanzeError: What is nobody's mistake.
    """
    for family, status in _TOLD:
        if isinstance(error, family):
            return status
    raise error
