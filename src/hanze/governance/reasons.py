"""Why something is refused: codes that are in problems (`urn:hanze:problem:<code>`) and in the log."""

from collections.abc import Sequence
from enum import Enum

from hanze.errors import Denied, InvalidInput

__all__ = ["AccessDenied", "PurposeRequired", "Reason"]


class Reason(Enum):
    """The codes."""

    UNCLASSIFIED = "unclassified"
    NO_ACCESS_RIGHTS = "no_access_rights"
    NO_AGREEMENT = "no_agreement"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "agreement_expired"
    REVOKED = "agreement_revoked"
    NOT_CONFIRMED = "agreement_not_confirmed"
    PROHIBITED = "prohibited"
    PURPOSE_REQUIRED = "purpose_required"
    PURPOSE_MISMATCH = "purpose_mismatch"
    PURPOSE_NOT_REGISTERED = "purpose_not_registered"
    NO_CONSENT = "no_consent"
    PROJECT_NOT_ACTIVE = "project_not_active"
    ATTRIBUTE_NOT_READABLE = "attribute_not_readable"
    NOT_SHARED = "not_shared"
    #: Of an id that is not there, or that the caller may not read: it is not told which.
    NO_PERMISSION = "no_permission"


class AccessDenied(Denied):
    """The caller may not use something that the request names.

    Attributes:
        reason: The first of the reasons.
        datasets: Ids of the datasets that say so.
        field: What of the request names it: "id", "type", "attrs", "q", "georel", "orderBy", ...
    """

    def __init__(
        self,
        reason: Reason,
        detail: str,
        *,
        datasets: Sequence[str] = (),
        field: str | None = None,
        value: str | None = None,
    ) -> None:
        super().__init__(detail)
        self.reason = reason
        self.datasets = tuple(datasets)
        self.field = field
        self.value = None if value is None else value[:100]


class PurposeRequired(InvalidInput):
    """Closed data is asked for without a purpose (400).

    Attributes:
        reason: `Reason.PURPOSE_REQUIRED`.
    """

    def __init__(self, detail: str, *, datasets: Sequence[str] = (), field: str | None = None):
        super().__init__(detail, field=field)
        self.reason = Reason.PURPOSE_REQUIRED
        self.datasets = tuple(datasets)
