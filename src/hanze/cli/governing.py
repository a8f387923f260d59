"""How commands about projects, assessments, activities and hard cases ask the node."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from hanze.cli.asking import ask_json, open_node_api, quoted
from hanze.ngsild.model import JsonValue

__all__ = ["ask_governance", "said_in", "told_state"]

_ROOT: Final = "/api/v1/governance"


def ask_governance(
    where: Mapping[str, Any],
    method: str,
    *path: str,
    parameters: Mapping[str, str] | None = None,
    body: JsonValue = None,
) -> Any:
    """Send a request below `/api/v1/governance`; ids in the path are written as segments."""

    async def ask() -> Any:
        async with open_node_api(where) as client:
            address = "/".join((_ROOT, *map(quoted, path)))
            return await ask_json(client, method, address, parameters=parameters, body=body)

    return asyncio.run(ask())


def said_in(texts: Mapping[str, str]) -> str:
    """Choose a text by language: English, else whatever there is."""
    return texts.get("en") or next(iter(texts.values()), "")


def told_state(project: Mapping[str, Any]) -> str:
    """Say whether a project is active, or what is missing."""
    return "active" if project.get("active") else ", ".join(project.get("blocked", ()))
