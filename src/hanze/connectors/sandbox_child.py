"""The process that runs scripts: it reads frames, answers frames, and can do nothing else.

Scripts see the language alone: no files, no network, no timers, no modules. Memory and time of each
call are limited by the engine, and those of the process by the system, which it asks for itself.
"""

import base64
import json
import os
import resource
import struct
from collections import OrderedDict
from typing import Any, BinaryIO, Final

import _quickjs  # type: ignore[import-not-found]  # the extension alone: it has no types

__all__ = ["Engine", "main"]

_HEADER: Final = struct.Struct(">I")
_MOST_REQUEST: Final = 16 << 20
#: Of one script; a decoder needs less than one.
_MEMORY: Final = 32 << 20
_STACK: Final = 256 << 10
#: Seconds of processor time for one uplink.
_TIME_S: Final = 0.25
#: Scripts that are kept ready.
_KEPT: Final = 32
_PROCESS_MEMORY: Final = 1 << 30

_FRAME: Final = """
var exports = {}, module = {exports: exports};
var console = {log: function () {}, warn: function () {}, error: function () {}};
"""
#: Finds the function by the names that network servers use, the LoRa Alliance's first.
_CALL: Final = """
function __hanze_call(text) {
  var given = JSON.parse(text);
  var own = (typeof module === "object" && module && module.exports) || {};
  var input = {bytes: given.bytes, fPort: given.fPort, variables: given.variables};
  if (given.recvTime) { input.recvTime = new Date(given.recvTime); }
  var found;
  if (typeof decodeUplink === "function") { found = decodeUplink(input); }
  else if (typeof own.decodeUplink === "function") { found = own.decodeUplink(input); }
  else if (typeof Decode === "function") {
    found = {data: Decode(given.fPort, given.bytes, given.variables)};
  }
  else if (typeof Decoder === "function") { found = {data: Decoder(given.bytes, given.fPort)}; }
  else { found = {errors: ["The script has no function decodeUplink, Decode or Decoder"]}; }
  return JSON.stringify(found === undefined ? null : found);
}
"""


class Engine:
    """Scripts by their text, each in a context of its own."""

    def __init__(self) -> None:
        self._contexts: OrderedDict[str, Any] = OrderedDict()

    def run(self, script: str, uplinks: list[dict[str, Any]]) -> list[object]:
        """Run a script on each uplink; what goes wrong is in the answer."""
        return [self._call(script, one) for one in uplinks]

    def _call(self, script: str, uplink: dict[str, Any]) -> object:
        try:
            context = self._context(script)
            given = json.dumps({**uplink, "bytes": list(base64.b64decode(uplink["bytes"]))})
            context.set_time_limit(_TIME_S)
            text = context.get("__hanze_call")(given)
            return json.loads(text) if isinstance(text, str) else None
        except (_quickjs.JSException, _quickjs.StackOverflow, MemoryError) as error:
            # Whatever is left in it is not to be trusted.
            self._contexts.pop(script, None)
            return {"errors": [_reason(error)]}
        except (ValueError, RecursionError):
            return {"errors": ["The script returns something that is no JSON"]}

    def _context(self, script: str) -> Any:
        if script in self._contexts:
            self._contexts.move_to_end(script)
            return self._contexts[script]
        context = _quickjs.Context()
        context.set_memory_limit(_MEMORY)
        context.set_max_stack_size(_STACK)
        context.set_time_limit(_TIME_S)
        context.eval(_FRAME)
        context.eval(script)
        context.eval(_CALL)
        self._contexts[script] = context
        while len(self._contexts) > _KEPT:
            self._contexts.popitem(last=False)
        return context


def _reason(error: BaseException) -> str:
    text = str(error).strip().split("\n")[0]
    if "interrupted" in text:
        return "The script takes longer than it may; it may be in a loop that does not end"
    if isinstance(error, MemoryError) or text in ("", "null") or _is_of_memory(text):
        return "The script uses more memory than it may"
    if "stack" in text.lower() and "overflow" in text.lower():
        return "The script calls itself too deep"
    return f"The script fails: {text}"


def _is_of_memory(text: str) -> bool:
    return "out of memory" in text or "too long" in text or "invalid array length" in text


def _confine() -> None:
    """Give up what a decoder never needs; the system ends the process where it tries."""
    limits = (
        (resource.RLIMIT_AS, _PROCESS_MEMORY),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 3),
    )
    for name, most in limits:
        _, hard = resource.getrlimit(name)
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(name, (allowed, allowed))


def _read(stream: BinaryIO, size: int) -> bytes | None:
    found = stream.read(size)
    return found if len(found) == size else None


def main() -> None:
    """Answer requests until the node closes the pipe."""
    requests, answers = os.fdopen(0, "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    _confine()
    engine = Engine()
    while (header := _read(requests, _HEADER.size)) is not None:
        (size,) = _HEADER.unpack(header)
        body = _read(requests, size) if size <= _MOST_REQUEST else None
        if body is None:
            return
        request = json.loads(body)
        results = engine.run(request["script"], request["uplinks"])
        answer = json.dumps({"results": results}).encode()
        answers.write(_HEADER.pack(len(answer)) + answer)
        answers.flush()


if __name__ == "__main__":
    main()
