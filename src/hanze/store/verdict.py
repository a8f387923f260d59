"""What is known of many rows at once: that they match, that they may, or that they do not."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["MAYBE", "NO", "YES", "Mask", "Verdict", "exactly"]

#: For each row, or one answer for all.
Mask = NDArray[np.bool_] | np.bool_


class Verdict(NamedTuple):
    """Kleene's three values; `sure` rows are `possible` too, and the same object when all is known.

    Attributes:
        sure: Rows that match.
        possible: Rows that match, or of which only `evaluate` can tell.
    """

    sure: Mask
    possible: Mask

    def both(self, other: "Verdict") -> "Verdict":
        # Most queries are one condition on blocks without gaps: nothing to combine.
        if self is YES or other is NO:
            return other
        if other is YES or self is NO:
            return self
        sure: Mask = self.sure & other.sure
        if self.sure is self.possible and other.sure is other.possible:
            return Verdict(sure, sure)
        return Verdict(sure, self.possible & other.possible)

    def either(self, other: "Verdict") -> "Verdict":
        if self is NO or other is YES:
            return other
        if other is NO or self is YES:
            return self
        sure: Mask = self.sure | other.sure
        if self.sure is self.possible and other.sure is other.possible:
            return Verdict(sure, sure)
        return Verdict(sure, self.possible | other.possible)

    def inverse(self) -> "Verdict":
        possible: Mask = ~self.sure
        if self.sure is self.possible:
            return Verdict(possible, possible)
        return Verdict(~self.possible, possible)

    def within(self, mask: Mask) -> "Verdict":
        """Say no for rows outside of the mask."""
        return self.both(Verdict(mask, mask))

    @property
    def is_exact(self) -> bool:
        """Whether all that is possible is sure."""
        return self.sure is self.possible


def exactly(mask: Mask) -> Verdict:
    return Verdict(mask, mask)


_TRUE: Final = np.True_
_FALSE: Final = np.False_

YES: Final = Verdict(_TRUE, _TRUE)
NO: Final = Verdict(_FALSE, _FALSE)
MAYBE: Final = Verdict(_FALSE, _TRUE)
