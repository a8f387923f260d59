"""Long work on the event loop, cut into slices."""

import asyncio
from time import perf_counter
from typing import Final

__all__ = ["Slices"]

#: Work gives way to others after so long.
SLICE_S: Final = 0.004


class Slices:
    """Says when it is time to give way to others."""

    def __init__(self) -> None:
        self._ends = perf_counter() + SLICE_S

    def is_over(self) -> bool:
        return perf_counter() > self._ends

    async def give_way(self) -> None:
        await asyncio.sleep(0)
        self._ends = perf_counter() + SLICE_S
