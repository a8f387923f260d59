"""Scripts of others, in a process of their own: what they do wrong ends there."""

import asyncio
import contextlib
import sys
from collections.abc import Sequence
from typing import Final

from hanze.connectors.sandbox_frames import (
    HEADER,
    pack_request,
    read_results,
    size_of_frame,
)
from hanze.connectors.streaming import Scripted, Uplink
from hanze.errors import InvalidInput

__all__ = ["Sandbox"]

#: The process is made anew after so many uplinks: what leaks stays small.
_RECYCLED: Final = 50_000
#: The engine ends a call after a quarter of a second; a process that does not answer is ended.
_PATIENCE_S: Final = 3.0
_MOST_SCRIPT: Final = 512 * 1024
_BATCH: Final = 64


class Sandbox:
    """The process, started at the first need and again when it was ended.

    Args:
        patience_s: How long a request may take, besides the time of each uplink.
    """

    def __init__(self, *, patience_s: float = _PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._process: asyncio.subprocess.Process | None = None
        self._done = 0
        self._turn = asyncio.Lock()

    async def run(self, script: str, uplinks: Sequence[Uplink]) -> list[Scripted]:
        """Run a script on uplinks; whatever it does, each has an answer."""
        if len(script.encode()) > _MOST_SCRIPT:
            reason = f"The script is larger than {_MOST_SCRIPT >> 10} KB"
            return [Scripted(errors=(reason,)) for _ in uplinks]
        found: list[Scripted] = []
        for start in range(0, len(uplinks), _BATCH):
            async with self._turn:
                found += await self._ask(script, uplinks[start : start + _BATCH])
        return found

    async def close(self) -> None:
        """End the process."""
        async with self._turn:
            await self._end()

    async def _ask(self, script: str, uplinks: Sequence[Uplink]) -> list[Scripted]:
        try:
            async with asyncio.timeout(self._patience_s + 0.5 * len(uplinks)):
                return await self._exchange(script, uplinks)
        except TimeoutError:
            reason = "The script takes longer than it may"
        except InvalidInput as error:
            reason = str(error)
        except (OSError, EOFError):
            reason = "The script makes the process that runs it end"
        except BaseException:
            await self._end()
            raise
        await self._end()
        if len(uplinks) == 1:
            return [Scripted(errors=(reason,))]
        # One of them did it: the others are asked again, each by itself.
        alone = [await self._ask(script, [one]) for one in uplinks]
        return [one for found in alone for one in found]

    async def _exchange(self, script: str, uplinks: Sequence[Uplink]) -> list[Scripted]:
        process = await self._started()
        if process.stdin is None or process.stdout is None:
            raise EOFError
        process.stdin.write(pack_request(script, uplinks))
        await process.stdin.drain()
        header = await process.stdout.readexactly(HEADER.size)
        body = await process.stdout.readexactly(size_of_frame(header))
        self._done += len(uplinks)
        return read_results(body, len(uplinks))

    async def _started(self) -> asyncio.subprocess.Process:
        if self._process is not None and self._done >= _RECYCLED:
            await self._end()
        if self._process is None or self._process.returncode is not None:
            self._done = 0
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-m", "hanze.connectors.sandbox_child"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                # What the node knows (tokens, addresses) is nothing for scripts.
                env={},
                cwd="/",
            )
        return self._process

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        await process.wait()
