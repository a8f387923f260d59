"""How Josene stations pack places and sound into whole numbers (pure)."""

import math
from collections.abc import Mapping
from typing import Final

from hanze.connectors.measured import point
from hanze.connectors.streaming import Value
from hanze.ngsild.model import JsonValue

__all__ = ["place_of", "sound_level"]

_OCTAVES: Final = 9
_THIRDS: Final = 3

#: Of 25 Hz to 8 kHz: the lowest third of the first octave is not measured, the highest of the last
#: one lies above.
_LEFT_OUT: Final = frozenset({(0, 0), (8, 2)})


def place_of(east: JsonValue, north: JsonValue) -> Value | None:
    """Return the position of a station: a sign, whole degrees and millionths in 4, 8 and 20 bits."""
    return point(_degrees(east), _degrees(north))


def _degrees(packed: JsonValue) -> float | None:
    if not isinstance(packed, int) or isinstance(packed, bool) or not 0 <= packed < 1 << 32:
        return None
    millionths = packed & 0xFFFFF
    if millionths > 999_999:
        return None
    degrees = (packed >> 20 & 0xFF) + millionths / 1_000_000
    return round(-degrees if packed >> 28 else degrees, 6)


def sound_level(record: Mapping[str, JsonValue]) -> float | None:
    """Return the mean sound level in dB(A), one decimal: the energy of all bands added up.

    Each octave holds the levels of three thirds in its lower three bytes. `None` where an octave is
    missing, or nothing was heard at all.
    """
    bands: list[int] = []
    for octave in range(_OCTAVES):
        packed = record.get(f"v_audioplus{octave}" if octave else "v_audio0")
        if not isinstance(packed, int) or isinstance(packed, bool) or packed < 0:
            return None
        bands += [
            packed >> 8 * third & 0xFF
            for third in range(_THIRDS)
            if (octave, third) not in _LEFT_OUT
        ]
    if not any(bands):
        return None
    return round(10 * math.log10(sum(10 ** (band / 10) for band in bands)), 1)
