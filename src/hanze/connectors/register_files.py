"""Registers are small: their files are read whole, so that decoding them is one pure function."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from hanze.connectors import Refusals, WrongInput
from hanze.connectors.decoded import Decoded
from hanze.ngsild.model import Entity, JsonValue

__all__ = ["RegisterFiles"]

#: Registers of a country have a few MB; what is larger is something else.
_MAX_SIZE: Final = 256 << 20


class RegisterFiles:
    """A run over files that belong together (`connectors.Intake`).

    Args:
        paths: The files, in the order in which `decode` takes their contents.
        decode: From contents to records; a missing file is `None`.
    """

    def __init__(
        self, paths: Sequence[Path | None], decode: Callable[[Sequence[bytes | None]], Decoded]
    ) -> None:
        self.refusals = Refusals()
        self.size = sum(path.stat().st_size for path in paths if path is not None)
        self.position = 0
        self._paths = paths
        self._decode = decode
        self._details: Mapping[str, JsonValue] = {}

    def entities(self) -> Iterator[Entity]:
        if self.size > _MAX_SIZE:
            raise WrongInput(f"The files are larger than {_MAX_SIZE >> 20} MB")
        decoded = self._decode(
            [path.read_bytes() if path is not None else None for path in self._paths]
        )
        for one in decoded.left_out:
            self.refusals.add(one.reason, line=one.line, record=one.record)
        self._details = decoded.details
        count = max(len(decoded.entities), 1)
        for number, entity in enumerate(decoded.entities, 1):
            self.position = self.size * number // count
            yield entity

    def details(self) -> Mapping[str, JsonValue]:
        return self._details
