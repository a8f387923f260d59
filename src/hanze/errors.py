"""Root and families of Hanze's errors; leaves stand beside the code that raises them.

    HanzeError
    ├── InvalidInput          what was asked is wrong (`BadRequestData`, `InvalidRequest`)
    │   └── MalformedBody     a body is not JSON at all (`InvalidRequest`)
    ├── NotFound              what was named does not exist
    ├── Conflicting           what was asked contradicts the present state
    ├── NotSupported          the operation exists in the standard and is not offered here
    ├── TooMuch               a limit on size, depth or number of results is exceeded
    ├── Denied                the caller may not
    ├── Unavailable           something outside the node (a remote @context, a peer) fails
    ├── StoreFailure          the data directory cannot be read or written
    └── ConfigurationError    a setting or a command line is wrong

The core knows no HTTP: `web/problems.py` maps classes to status codes, `cli/exits.py` to exit codes.
"""

from collections.abc import Sequence
from typing import ClassVar

__all__ = [
    "ConfigurationError",
    "Conflicting",
    "Denied",
    "HanzeError",
    "InvalidInput",
    "MalformedBody",
    "NotFound",
    "NotSupported",
    "StoreFailure",
    "TooMuch",
    "Unavailable",
]


class HanzeError(Exception):
    """The root: everything that Hanze raises on purpose."""

    #: What a problem body names beside its detail: field, value, clause.
    field: str | None = None
    value: str | None = None
    clause: str | None = None
    #: Values of `NGSILD-Warning`: who did not help to a better answer (CIM 009, 6.3.17).
    warnings: Sequence[str] = ()


class InvalidInput(HanzeError):
    """Input does not meet the requirements of the operation (CIM 009, 5.5.2 BadRequestData).

    Args:
        detail: Subject, verb, context; present tense.
        field: Path of the member or name of the parameter that is wrong.
        value: The offending value as text; cut at 100 characters.
        clause: The clause of the standard that it breaks, e.g. "4.6.3".
    """

    _QUOTE: ClassVar[int] = 100

    def __init__(
        self,
        detail: str,
        *,
        field: str | None = None,
        value: object = None,
        clause: str | None = None,
    ) -> None:
        super().__init__(detail)
        self.field = field
        self.value = None if value is None else str(value)[: self._QUOTE]
        self.clause = clause


class MalformedBody(InvalidInput):
    """A request is syntactically invalid (CIM 009, 5.5.2 InvalidRequest)."""


class NotFound(HanzeError):
    """What the request names does not exist."""


class Conflicting(HanzeError):
    """The request contradicts the present state."""


class NotSupported(HanzeError):
    """The standard knows the operation or option; this node does not offer it."""


class TooMuch(HanzeError):
    """A limit on size, depth, time or number of results is exceeded."""


class Denied(HanzeError):
    """The caller may not do this."""


class Unavailable(HanzeError):
    """Something outside the node fails or does not answer in time."""


class StoreFailure(HanzeError):
    """The data directory cannot be read or written."""


class ConfigurationError(HanzeError):
    """A setting, a file that was named or a command line is wrong."""
