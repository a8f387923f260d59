"""How commands ask what has no words of its own below `/api/v1`."""

import asyncio
from collections.abc import Mapping
from typing import Any

import orjson

from hanze.cli.asking import open_node_api, quoted, send
from hanze.ngsild.model import JsonValue

__all__ = ["ask_collective"]


def ask_collective(
    where: Mapping[str, Any],
    method: str,
    *path: str,
    parameters: Mapping[str, str | None] | None = None,
    body: JsonValue = None,
) -> Any:
    """Send a request below `/api/v1`; ids in the path are written as segments.

    Returns:
        The JSON of the answer; `None` where it has none.
    """

    async def ask() -> Any:
        async with open_node_api(where) as client:
            address = "/".join(("/api/v1", *map(quoted, path)))
            answer = await send(client, method, address, parameters=parameters, body=body)
            return orjson.loads(answer.content) if answer.content else None

    return asyncio.run(ask())
