"""Records of one kind: durable in the registers of the store, at hand in memory."""

from collections.abc import Iterator, Mapping
from typing import Generic, Protocol, TypeVar

import msgspec

__all__ = ["Kept", "Record", "Registers", "RegistersView"]


class Record(Protocol):
    """Whatever has an id."""

    @property
    def id(self) -> str: ...


R = TypeVar("R", bound=Record)


class RegistersView(Protocol):
    """Small keyed values of the store (`broker.ports`, which is above): committed ones."""

    def get(self, kind: str, key: str) -> bytes | None: ...
    def items(self, kind: str) -> Iterator[tuple[str, bytes]]: ...


class Registers(RegistersView, Protocol):
    """The same within a unit of work."""

    def put(self, kind: str, key: str, value: bytes) -> None: ...
    def delete(self, kind: str, key: str) -> bool: ...


class Kept(Generic[R]):
    """Records of one kind as they were committed last.

    Args:
        kind: Of the register.
        of: The records' class.
    """

    def __init__(self, kind: str, of: type[R]) -> None:
        self.kind = kind
        self._of = of
        self._records: Mapping[str, R] = {}

    def load(self, registers: RegistersView) -> None:
        """Read what is committed."""
        self._records = {key: self._read(value) for key, value in registers.items(self.kind)}

    def get(self, record_id: str) -> R | None:
        return self._records.get(record_id)

    def all(self) -> Mapping[str, R]:
        """Return all by their keys; it does not change any more once it was returned."""
        return self._records

    def stage(self, registers: Registers, record: R) -> None:
        """Write a record within a unit of work; `publish` shows it once that is durable."""
        registers.put(self.kind, self.key_of(record), msgspec.json.encode(record))

    def publish(self, *records: R) -> None:
        self._records = {**self._records, **{self.key_of(one): one for one in records}}

    def unstage(self, registers: Registers, record: R) -> None:
        """Take a record away within a unit of work; `forget` once that is durable."""
        registers.delete(self.kind, self.key_of(record))

    def forget(self, *records: R) -> None:
        gone = {self.key_of(one) for one in records}
        self._records = {key: one for key, one in self._records.items() if key not in gone}

    def key_of(self, record: R) -> str:
        """Name a record in the register: by its id; kinds of which versions are kept say more."""
        return record.id

    def _read(self, value: bytes) -> R:
        return msgspec.json.decode(value, type=self._of)
