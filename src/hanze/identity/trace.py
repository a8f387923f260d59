"""Where a request belongs among others, over all nodes that take part (W3C Trace Context)."""

import re
import secrets

import msgspec

__all__ = ["Trace", "new_trace", "read_trace"]

_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(?:-.*)?")


class Trace(msgspec.Struct, frozen=True):
    """This node's part of a trace.

    Attributes:
        trace_id: 32 hexadecimal digits.
        span_id: 16 hexadecimal digits: of what this node does.
        parent_span_id: Of what asked for it; "" where nobody said.
    """

    trace_id: str
    span_id: str
    parent_span_id: str = ""

    @property
    def header(self) -> str:
        """What `traceparent` says to whom this node asks."""
        return f"00-{self.trace_id}-{self.span_id}-01"


def new_trace() -> Trace:
    """Begin a trace."""
    return Trace(secrets.token_hex(16), secrets.token_hex(8))


def read_trace(traceparent: str) -> Trace:
    """Go on with the trace of a `traceparent` header; what is none begins one."""
    found = _TRACEPARENT.fullmatch(traceparent.strip())
    if found is None or traceparent.startswith("ff"):
        return new_trace()
    trace_id, parent = found.groups()
    if not int(trace_id, 16) or not int(parent, 16):
        return new_trace()
    return Trace(trace_id, secrets.token_hex(8), parent)
