"""Where a request belongs among others over all nodes: `traceparent` (W3C Trace Context)."""

from dataclasses import replace

from hanze.identity.caller import ANONYMOUS, Caller
from hanze.identity.roles import DEVELOPER
from hanze.identity.trace import new_trace, read_trace

__all__ = ["TRACEPARENT", "traced"]

TRACEPARENT = b"traceparent"


def traced(caller: Caller, traceparent: bytes | None) -> Caller:
    """Say in the caller where its request belongs.

    Nobody's trace is begun where hardly anything is ever logged: for those who read what is open.

    Args:
        traceparent: Value of the header.
    """
    if traceparent is not None:
        return replace(caller, trace=read_trace(traceparent.decode("latin-1")))
    if caller.actor == ANONYMOUS.actor or DEVELOPER in caller.roles:
        return caller
    return replace(caller, trace=new_trace())
