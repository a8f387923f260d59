"""What a mean says that took the place of several numbers (`docs/history.md`)."""

from typing import Final

import msgspec

from hanze.ngsild.model import Attribute, AttributeKind, Attributes, Instances
from hanze.ngsild.vocabulary import HANZE_NS

__all__ = ["made_of"]

#: Count, least, greatest, sum of squared distances from the mean, count of distinct ones, seconds.
_decode: Final = msgspec.json.Decoder(tuple[float, float, float, float, float, float]).decode

_COUNT: Final = HANZE_NS + "numberOfInputValues"
_PERIOD: Final = HANZE_NS + "measurementPeriod"
_LOWEST: Final = HANZE_NS + "lowestValue"
_HIGHEST: Final = HANZE_NS + "highestValue"


def made_of(text: str, unit_code: str | None) -> Attributes:
    """Return the sub-attributes of a mean.

    Args:
        text: What the archive keeps beside the mean (`form.MEAN`).
        unit_code: Of the numbers.
    """
    count, lowest, highest, _, _, seconds = _decode(text)
    return {
        _COUNT: _property(int(count)),
        _PERIOD: _property(int(seconds), "SEC"),
        _LOWEST: _property(lowest, unit_code),
        _HIGHEST: _property(highest, unit_code),
    }


def _property(value: float, unit_code: str | None = None) -> Instances:
    return (Attribute(kind=AttributeKind.PROPERTY, value=value, unit_code=unit_code),)
