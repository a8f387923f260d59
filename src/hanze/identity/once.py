"""Things that are remembered for minutes, and given back once: challenges, and people on their way."""

import secrets
from typing import Final, Generic, TypeVar

__all__ = ["Once"]

T = TypeVar("T")

_MOST: Final = 10_000


class Once(Generic[T]):
    """What waits for somebody to come back; in memory, and gone with the process.

    Args:
        seconds: After which it is forgotten.
    """

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds
        self._kept: dict[str, tuple[int, T]] = {}

    def keep(self, value: T, *, now_s: int) -> str:
        """Remember a value; return the random key that gives it back."""
        for key in [key for key, (ends, _) in self._kept.items() if ends <= now_s]:
            del self._kept[key]
        while len(self._kept) >= _MOST:
            # The oldest goes: who fills the table does not fill the memory.
            del self._kept[next(iter(self._kept))]
        key = secrets.token_urlsafe(32)
        self._kept[key] = (now_s + self._seconds, value)
        return key

    def take(self, key: str, *, now_s: int) -> T | None:
        """Give a value back, once; `None` when it is unknown, taken or too old."""
        ends, value = self._kept.pop(key, (0, None))
        return value if ends > now_s else None
