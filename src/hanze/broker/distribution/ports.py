"""What distribution asks of the network: one request to one Context Source, and its answer."""

from collections.abc import Mapping
from enum import Enum
from typing import Final, Protocol

import msgspec

from hanze.errors import Unavailable

__all__ = [
    "ANYBODY",
    "ON_BEHALF",
    "PURPOSE",
    "TRACEPARENT",
    "FailureKind",
    "PeerAnswer",
    "PeerRequest",
    "Peers",
    "SourceFailed",
]


#: A header by which a node says that it asks for somebody who is not its own: what another member
#: of the league shares with the node alone is not for them. To other sources it says nothing.
ON_BEHALF: Final = "hanze-on-behalf-of"
ANYBODY: Final = "anybody"

#: A header by which a node says for which purpose its organisation asks (an IRI).
PURPOSE: Final = "hanze-purpose"
#: Where a request belongs among others (W3C Trace Context).
TRACEPARENT: Final = "traceparent"


class FailureKind(Enum):
    """Why there is no answer that can be used (6.3.17)."""

    #: No answer in time, no connection, or the source is left alone after a failure.
    TIMEOUT = "timeout"
    #: The source was met before on the way of this request.
    LOOP = "loop"
    #: An answer came and is no NGSI-LD, or is larger than it may be.
    INVALID = "invalid"
    #: The source answers with an error.
    REFUSED = "refused"


class SourceFailed(Unavailable):
    """A Context Source gave no answer that can be used (6.3.17).

    Attributes:
        registration_id: The registration that led there.
        kind: What went wrong.
        status: HTTP status that the source answered with, if it did.
        attempted: Whether anything was sent; a source may be left alone.
    """

    def __init__(
        self,
        detail: str,
        *,
        registration_id: str,
        kind: FailureKind,
        status: int | None = None,
        attempted: bool = True,
    ) -> None:
        super().__init__(detail)
        self.registration_id = registration_id
        self.kind = kind
        self.status = status
        self.attempted = attempted


class PeerRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One request over HTTP.

    Attributes:
        registration_id: On whose account it is.
        method: GET, POST, PATCH, PUT or DELETE.
        url: Whole, percent-encoded, with its query.
        headers: Names in lower case, without those that HTTP itself sets.
        body: `None` where there is none.
        timeout_s: For all of it, the connection too.
        cooldown_s: After a failure nothing is sent to the same endpoint for so long.
        cools_errors: Whether a server's error is such a failure, and not the lack of an answer alone.
    """

    registration_id: str
    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    timeout_s: float
    cooldown_s: float = 0.0
    cools_errors: bool = False


class PeerAnswer(msgspec.Struct, frozen=True):
    """What came back, whatever its status.

    Attributes:
        headers: By names in lower case; several of one name are joined by commas.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


class Peers(Protocol):
    """Reaches other nodes."""

    async def send(self, request: PeerRequest) -> PeerAnswer:
        """Send a request and read its answer whole, within a limit of bytes.

        Raises:
            SourceFailed: No connection, no answer in time, an answer that is too large, or the
                endpoint is left alone after a failure.
        """
        ...
