"""What the node and the process that runs scripts say to each other (pure).

A frame is a length of four bytes and JSON: a request {script, uplinks}, an answer {results}.
"""

import base64
import json
import struct
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from hanze.connectors.streaming import Scripted, Uplink
from hanze.errors import InvalidInput
from hanze.ngsild.model import JsonValue

__all__ = ["HEADER", "MOST_BYTES", "pack_request", "read_results", "size_of_frame"]

HEADER: Final = struct.Struct(">I")
#: Largest frame: a script that answers more is not decoding a payload of 242 bytes.
MOST_BYTES: Final = 4 << 20
_MOST_TEXTS: Final = 20
_TEXT: Final = 500


def pack_request(script: str, uplinks: Sequence[Uplink]) -> bytes:
    """Write a request as a frame."""
    body = json.dumps(
        {
            "script": script,
            "uplinks": [
                {
                    "bytes": base64.b64encode(one.data).decode(),
                    "fPort": one.f_port,
                    "recvTime": one.received_at,
                    "variables": dict(one.variables),
                }
                for one in uplinks
            ],
        }
    ).encode()
    return HEADER.pack(len(body)) + body


def size_of_frame(header: bytes) -> int:
    """Read how long the frame behind a header is.

    Raises:
        InvalidInput: It is longer than a frame may be.
    """
    (size,) = HEADER.unpack(header)
    if size > MOST_BYTES:
        raise InvalidInput("The script answers more than a decoder may")
    return int(size)


def read_results(body: bytes, expected: int) -> list[Scripted]:
    """Read what a script made of each uplink.

    Raises:
        InvalidInput: The answer is none: the process is not what it should be.
    """
    try:
        # Strict: a script can have NaN, numbers out of range and halves of characters written.
        answer: JsonValue = msgspec.json.decode(body)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("The script returns something that is no JSON") from error
    results = answer.get("results") if isinstance(answer, Mapping) else None
    if not isinstance(results, list) or len(results) != expected:
        raise InvalidInput("The process that runs scripts answers something else")
    return [_scripted(one) for one in results]


def _scripted(result: JsonValue) -> Scripted:
    """Read the answer of one call: `{data, warnings, errors}`."""
    if not isinstance(result, Mapping):
        return Scripted(errors=("The script returns no object",))
    errors, warnings = _texts(result.get("errors")), _texts(result.get("warnings"))
    data = result.get("data")
    if errors:
        return Scripted(errors=errors, warnings=warnings)
    if not isinstance(data, Mapping):
        return Scripted(errors=("The script returns no object `data`",), warnings=warnings)
    return Scripted(data=data, warnings=warnings)


def _texts(value: JsonValue) -> tuple[str, ...]:
    if value is None or value == "":
        return ()
    several = value if isinstance(value, list) else [value]
    return tuple(str(one)[:_TEXT] for one in several[:_MOST_TEXTS])
