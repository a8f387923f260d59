"""Takes a step again and again, whatever becomes of it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from hanze.errors import HanzeError

__all__ = ["keep_doing"]

_log = logging.getLogger(__name__)


async def keep_doing(
    what: str, step: Callable[[], Awaitable[object]], *, every_s: float, at_once: bool = False
) -> None:
    """Take a step again and again; a step that fails is logged, and the next one comes."""
    wait_s = 0.0 if at_once else every_s
    while True:
        await asyncio.sleep(wait_s)
        wait_s = every_s
        try:
            await step()
        except HanzeError as error:
            _log.warning("%s failed: %s", what, error)
        except Exception:  # noqa: BLE001  # the outermost loop: one bad step must not end the others
            _log.exception("%s failed", what)
