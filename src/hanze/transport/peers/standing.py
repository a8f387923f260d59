"""How each endpoint did of late: whether it is left alone for now, and what people are shown of it."""

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median
from typing import Final

__all__ = ["Endpoint", "EndpointStatistics", "Standings"]

#: Answers whose times are remembered of each endpoint.
_REMEMBERED: Final = 31
#: Endpoints that are remembered; those that nobody asked for longest go first.
_MOST: Final = 20_000
#: An endpoint that goes on failing is left alone for up to so many times as long as at first.
_LONGER: Final = 8
#: What is said to those who come while another tries.
_A_MOMENT_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A tenant of another node: each stands for itself (CIM 009, 4.3.6.4).

    Attributes:
        url: What stands before `/ngsi-ld/v1`.
        tenant: "" is the default tenant.
    """

    url: str
    tenant: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointStatistics:
    """What is known of an endpoint since the node started.

    Attributes:
        endpoint: Which.
        asked: How often it was asked.
        failed: How often that gave no answer.
        latency_s: Of the last answer, to its last byte; `None` before the first.
        median_s: Of the last answers.
        last_success: DateTime text of the last answer, whatever it said.
        last_failure: DateTime text.
        error: Why the last attempt failed, or was refused; "" where it was not.
        left_alone_s: How long it is not asked from now on.
    """

    endpoint: Endpoint
    asked: int
    failed: int
    latency_s: float | None
    median_s: float | None
    last_success: str | None
    last_failure: str | None
    error: str
    left_alone_s: float


@dataclass(slots=True)
class Standing:
    """How one endpoint does; changes with every request to it."""

    asked: int = 0
    failed: int = 0
    failed_in_a_row: int = 0
    closed_until: float = 0.0
    trying: bool = False
    latencies_s: deque[float] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    last_success: str | None = None
    last_failure: str | None = None
    error: str = ""


class Standings:
    """The standing of every endpoint that was asked.

    Args:
        clock: Answers now as DateTime text.
    """

    def __init__(self, clock: Callable[[], str]) -> None:
        self._clock = clock
        self._standings: OrderedDict[Endpoint, Standing] = OrderedDict()

    def enter(self, endpoint: Endpoint) -> float:
        """Ask whether a request may go to an endpoint; then it counts as being tried.

        After a pause the first request alone tries; the others wait for how that ends.

        Returns:
            0 where it may; else the seconds for which it is left alone.
        """
        standing = self._standings.get(endpoint)
        if standing is None:
            standing = self._standings[endpoint] = Standing()
            if len(self._standings) > _MOST:
                self._standings.popitem(last=False)
        else:
            self._standings.move_to_end(endpoint)
        left_s = standing.closed_until - time.monotonic()
        if left_s > 0:
            return left_s
        if standing.failed_in_a_row and standing.trying:
            return _A_MOMENT_S
        standing.trying = True
        return 0.0

    def leave(self, endpoint: Endpoint) -> None:
        """Say that a request was given up here, so that it tells nothing of the endpoint."""
        standing = self._standings.get(endpoint)
        if standing is not None:
            standing.trying = False

    def forgive(self, endpoint: Endpoint) -> None:
        """Have an endpoint asked again at once, whatever it did before."""
        standing = self._standings.get(endpoint)
        if standing is not None:
            standing.failed_in_a_row = 0
            standing.closed_until = 0.0

    def succeeded(self, endpoint: Endpoint, latency_s: float, complaint: str = "") -> None:
        """Note an answer, whatever it says.

        Args:
            endpoint: Who answers.
            latency_s: To its last byte.
            complaint: That it refuses, in words.
        """
        standing = self._standings.setdefault(endpoint, Standing())
        standing.asked += 1
        standing.failed_in_a_row = 0
        standing.trying = False
        standing.closed_until = 0.0
        standing.latencies_s.append(latency_s)
        standing.last_success = self._clock()
        standing.error = complaint

    def failed(self, endpoint: Endpoint, error: str, cooldown_s: float) -> None:
        """Note that there was no answer; the endpoint is left alone for some time.

        Requests that were under way together fail together: they count as one failure.
        """
        standing = self._standings.setdefault(endpoint, Standing())
        now = time.monotonic()
        standing.asked += 1
        standing.failed += 1
        standing.trying = False
        standing.last_failure = self._clock()
        standing.error = error
        if cooldown_s > 0 and now >= standing.closed_until:
            longer = min(2**standing.failed_in_a_row, _LONGER)
            standing.failed_in_a_row = min(standing.failed_in_a_row + 1, _LONGER)
            standing.closed_until = now + cooldown_s * longer

    def statistics(self) -> tuple[EndpointStatistics, ...]:
        """Tell of all endpoints, those asked last at the end."""
        now = time.monotonic()
        return tuple(
            EndpointStatistics(
                endpoint=endpoint,
                asked=one.asked,
                failed=one.failed,
                latency_s=one.latencies_s[-1] if one.latencies_s else None,
                median_s=median(one.latencies_s) if one.latencies_s else None,
                last_success=one.last_success,
                last_failure=one.last_failure,
                error=one.error,
                left_alone_s=max(0.0, one.closed_until - now),
            )
            for endpoint, one in self._standings.items()
        )
