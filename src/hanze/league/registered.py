"""Has a registration of each member that is trusted, and of no other."""

import asyncio
from collections.abc import Mapping
from typing import Final

from hanze.broker.registration import Registrations
from hanze.broker.registry import Registry
from hanze.errors import HanzeError
from hanze.identity.caller import Caller
from hanze.league.model import Peer
from hanze.league.registering import REGISTRATION_PREFIX, wanted_registrations
from hanze.ngsild.context import CORE
from hanze.ngsild.model import JsonObject

__all__ = ["RegisteredMembers"]

_REGISTRAR: Final = Caller(actor="league", roles=frozenset({"writer"}))


class RegisteredMembers:
    """The members of the league among the registrations of a node.

    Args:
        registrations: Where they are written.
        registry: The same, to look them up.
    """

    def __init__(self, registrations: Registrations, registry: Registry) -> None:
        self._registrations = registrations
        self._registry = registry
        self._turn = asyncio.Lock()

    async def follow(self, peers: tuple[Peer, ...], *, now: str) -> Mapping[str, str]:
        """Register those that are trusted with what they share, and remove the others.

        Returns:
            Why a member could not be registered, by its id: what one of them offers must not keep
            the others from being registered.
        """
        async with self._turn:
            wanted = wanted_registrations(peers)
            present = {
                one.id: one.document
                for one in self._registry.of_tenant("")
                if one.id.startswith(REGISTRATION_PREFIX)
            }
            for name in present.keys() - wanted.keys():
                await self._registrations.delete(_REGISTRAR, name)
            failures: dict[str, str] = {}
            for name, document in wanted.items():
                try:
                    await self._write(name, present.get(name), document, now)
                except HanzeError as error:
                    text = f"what it shares cannot be registered: {error}"[:200]
                    failures[name.removeprefix(REGISTRATION_PREFIX)] = text
            return failures

    async def _write(
        self, name: str, present: JsonObject | None, document: JsonObject, now: str
    ) -> None:
        if present is not None:
            if dict(present) == dict(document):
                return
            await self._registrations.delete(_REGISTRAR, name)
        await self._registrations.create(_REGISTRAR, dict(document), CORE, now=now)
