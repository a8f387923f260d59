"""How operations tell that a Context Source failed (CIM 009, 6.3.17)."""

import re
from collections.abc import Sequence
from typing import Final

from hanze.broker.distribution.ports import FailureKind, SourceFailed
from hanze.errors import HanzeError, Unavailable

__all__ = [
    "BadGateway",
    "GatewayTimeout",
    "LoopDetected",
    "error_of",
    "fitting",
    "stale_warning",
    "warning_of",
    "warnings_in",
]

#: Codes of table 6.3.17-1.
_CODES: Final = {
    FailureKind.TIMEOUT: 199,
    FailureKind.LOOP: 199,
    FailureKind.INVALID: 111,
    FailureKind.REFUSED: 299,
}
_STALE: Final = 110
#: What table 6.3.17-1 calls them: for who reads the text alone.
_MEANINGS: Final = {
    110: "Response is Stale",
    111: "Revalidation Failed",
    199: "Miscellaneous Warning",
    299: "Miscellaneous Persistent Warning",
}
_LONGEST: Final = 400
#: Characters of all warnings of one answer: clients and proxies refuse answers with longer heads.
_ROOM: Final = 4_000
#: So many warnings of one source are passed on.
_MOST: Final = 20
_VALUE: Final = re.compile(
    r'(?:110|111|199|299) [!-+\--~]{1,256} "(?:[ !#-\[\]-~]|\\[ -~]){0,800}"', re.ASCII
)
#: What a header cannot carry (RFC 9110, 5.5); text of others is in it.
_UNSAFE: Final = re.compile(r"[^\x20-\x7e]+")


class BadGateway(Unavailable):
    """The only source that has what is asked refuses, or answers with what cannot be used."""


class GatewayTimeout(Unavailable):
    """The only source that has what is asked does not answer in time."""


class LoopDetected(Unavailable):
    """The only source that has what is asked leads back here."""


def error_of(failure: SourceFailed) -> HanzeError:
    """Give the error of an operation that depends on one exclusive or redirect source alone."""
    match failure.kind:
        case FailureKind.LOOP:
            return LoopDetected(str(failure))
        case FailureKind.TIMEOUT:
            return GatewayTimeout(str(failure))
        case _:
            return BadGateway(str(failure))


def warning_of(failure: SourceFailed, alias: str) -> str:
    """Write one value of `NGSILD-Warning`: code, agent, and a quoted text (RFC 7234, 5.5).

    Args:
        failure: What went wrong.
        alias: Of this node, which warns.
    """
    return _warning(_CODES[failure.kind], alias, str(failure))


def stale_warning(registration_id: str, alias: str) -> str:
    """Write the value that says that an earlier answer of a source was used again."""
    return _warning(_STALE, alias, f"An earlier answer to {registration_id} was used again")


def warnings_in(field: str) -> tuple[str, ...]:
    """Read `NGSILD-Warning` of a source: who asks further on warns of what happened there too.

    Args:
        field: A stranger's; of several of its kind the values stand one after another.
    """
    values = _VALUE.finditer(field[: _MOST * _LONGEST])
    return tuple(value.group() for value, _ in zip(values, range(_MOST), strict=False))


def fitting(values: Sequence[str]) -> list[str]:
    """Keep so many warnings as an answer can carry, each once, and say how many more there are."""
    different = list(dict.fromkeys(values))
    kept: list[str] = []
    room = _ROOM
    for value in different:
        room -= len(value)
        if room < 0:
            agent = value.split(" ")[1]
            left_out = f"{len(different) - len(kept)} more warnings are left out"
            return [*kept, _warning(199, agent, left_out)]
        kept.append(value)
    return kept


def _warning(code: int, alias: str, text: str) -> str:
    plain = _UNSAFE.sub(" ", text)[:_LONGEST].replace("\\", "\\\\").replace('"', '\\"')
    return f'{code} {alias} "{_MEANINGS[code]}: {plain}"'
