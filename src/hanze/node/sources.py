"""The sources of a node: those of `hanze.toml` and those added while it runs, and their spool."""

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec
from msgspec import structs

from hanze.broker.ports import Store, UnitOfWork
from hanze.connectors.decoders import Decoded, decode_message, load_connector
from hanze.connectors.sandbox import Sandbox
from hanze.connectors.source_record import (
    SourceRecord,
    checked,
    provenance_of,
)
from hanze.connectors.spool import SPOOL, Spool
from hanze.connectors.spooled import Counters
from hanze.connectors.streaming import Message, Scripted
from hanze.errors import HanzeError, InvalidInput
from hanze.governance.reasons import AccessDenied, Reason
from hanze.identity.allowance import Allowance
from hanze.ngsild.vocabulary import HANZE
from hanze.node.security import REST
from hanze.node.source_files import SourceFiles
from hanze.node.source_state import (
    DeviceNotWaiting,
    Following,
    Overview,
    SourceExists,
    SourceIsListed,
    SourceNotFound,
    SourcePaused,
    State,
)
from hanze.settings import Source as ListedSource
from hanze.settings import Sources as SourceSettings

__all__ = ["Sources"]

_RECORDS: Final = "source"
_STATES: Final = "source-state"
_DEVICES: Final = "source-device"
_APPROVED: Final = b"approved"
_REFUSED: Final = b"refused"


@dataclass
class Sources:
    """All sources of one node.

    Attributes:
        connections: By name: how it stands with whom the messages come from; the worker says.
        changed: Set when a source was added, removed, paused or resumed, or may run or not.
        held: Says of a name, and of whether what comes is about people, why the source may not run
            though somebody wants it to; "" where it may.
    """

    data: Path | None
    settings: SourceSettings
    listed: Sequence[ListedSource]
    store: Store
    clock: Callable[[], str]
    allow_private: bool
    connections: dict[str, str] = field(default_factory=dict)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    held: Callable[[str, bool], str] = lambda _name, _personal: ""

    def __post_init__(self) -> None:
        self.spool = Spool(
            None if self.data is None else self.data / SPOOL,
            most_mb=self.settings.spool_mb,
            keep_days=self.settings.keep_days,
            clock=self.clock,
        )
        self.sandbox = Sandbox()
        self.files = SourceFiles(self.data)
        self._allowances: dict[str, Allowance] = {}
        #: Names of those that are being added.
        self._adding: set[str] = set()

    @property
    def max_bytes(self) -> int:
        """Of one message."""
        return self.settings.max_message_mb << 20

    def records(self) -> list[SourceRecord]:
        """List all sources, by name; of two with one name the one in `hanze.toml` counts."""
        found = {
            record.name: record
            for _, body in self.store.registers.items(_RECORDS)
            for record in (msgspec.json.decode(body, type=SourceRecord),)
        }
        for one in self.listed:
            found[one.name] = _listed(one)
        return [found[name] for name in sorted(found)]

    def record(self, name: str) -> SourceRecord:
        """Return one source.

        Raises:
            SourceNotFound: There is none of this name.
        """
        listed = next((one for one in self.listed if one.name == name), None)
        if listed is not None:
            return _listed(listed)
        body = self.store.registers.get(_RECORDS, name)
        if body is None:
            raise SourceNotFound(name)
        return msgspec.json.decode(body, type=SourceRecord)

    def following(self, record: SourceRecord) -> Following:
        """Put together what following a source needs.

        Raises:
            ConnectorNotFound: Its connector does not exist.
            InvalidInput: An option is wrong, or names a script that is not there.
        """
        connector = load_connector(record.connector)
        options = checked(record, connector)
        script = record.script
        if not script and options.get("decoder"):
            script = self.files.script(str(options["decoder"]))
        return Following(record, connector, options, script)

    def state(self, name: str) -> State:
        """Return what was decided about a source."""
        body = self.store.registers.get(_STATES, name)
        return State() if body is None else msgspec.json.decode(body, type=State)

    async def overview(self) -> list[Overview]:
        """Show all sources with their counters."""
        counters = await self.spool.counters()
        return [await self._shown(one, counters) for one in self.records()]

    async def shown(self, name: str) -> Overview:
        """Show one source.

        Raises:
            SourceNotFound: There is none of this name.
        """
        return await self._shown(self.record(name), await self.spool.counters())

    async def _shown(self, record: SourceRecord, counters: Mapping[str, Counters]) -> Overview:
        how = problem = ""
        try:
            following = self.following(record)
            how = following.how
            self.files.resolved(following.connector, following.options)
        except HanzeError as error:
            problem = str(error)
        state, hold = self.state(record.name), self.hold(record)
        return Overview(
            record=record,
            state=state,
            counters=counters.get(record.name, Counters()),
            how=how,
            problem=state.stopped or hold or problem,
            connection=self.connections.get(record.name, ""),
            waiting_devices=len(await self.spool.devices(record.name)),
            held=bool(hold),
        )

    async def add(
        self, record: SourceRecord, given: Mapping[str, str]
    ) -> tuple[SourceRecord, Mapping[str, str]]:
        """Add a source.

        Args:
            given: Secrets by option: each becomes a file that the node alone can read.

        Returns:
            The source, and secrets that the node made for it, to be shown once.

        Raises:
            SourceExists: The name is taken.
            InvalidInput: The name, an option, a secret or a test vector is wrong.
        """
        name = record.name
        # Of two that are added at a time one would write its secrets over those of the other.
        if name in self._adding or any(one.name == name for one in self.records()):
            raise SourceExists(name)
        self._adding.add(name)
        try:
            return await self._add(record, given)
        finally:
            self._adding.remove(name)

    async def _add(
        self, record: SourceRecord, given: Mapping[str, str]
    ) -> tuple[SourceRecord, Mapping[str, str]]:
        named = {name: f"source-{record.name}-{name}" for name in given}
        record = structs.replace(record, options={**record.options, **named})
        following = self.following(record)
        made: dict[str, str] = {}
        if following.how == "push" and not following.options.get("secret"):
            made["secret"] = secrets.token_urlsafe(24)
            named["secret"] = f"source-{record.name}-secret"
        unknown = sorted(
            set(given) - set(self.files.names(following.connector, {**following.options, **named}))
        )
        if unknown:
            raise InvalidInput(f"The option {unknown[0][:60]} is no secret", field="secrets")
        failures = await self.script_failures(record)
        if failures:
            raise InvalidInput(
                f"The payload decoder fails its test vectors: {failures[0]}", field="examples"
            )
        self.files.keep(record.name, {**given, **made})
        record = structs.replace(record, options={**record.options, **named}, added_at=self.clock())
        body = msgspec.json.encode(record)
        await self._write(lambda uow: uow.registers.put(_RECORDS, record.name, body))
        return record, made

    async def remove(self, name: str) -> None:
        """Remove a source with all that the spool keeps of it; entities stay.

        Raises:
            SourceNotFound: There is none of this name.
            SourceIsListed: It stands in `hanze.toml`.
        """
        record = self.record(name)
        if not record.added_at:
            raise SourceIsListed(name)

        def unit(uow: UnitOfWork) -> None:
            uow.registers.delete(_RECORDS, name)
            uow.registers.delete(_STATES, name)
            mine = [key for key, _ in uow.registers.items(_DEVICES) if key.startswith(name + "\0")]
            for key in mine:
                uow.registers.delete(_DEVICES, key)

        await self._write(unit)
        await self.spool.forget(name)
        self.files.forget(name)
        self.connections.pop(name, None)

    async def pause(self, name: str) -> None:
        """Follow a source no more, until it is resumed; what waits in the spool stays.

        Raises:
            SourceNotFound: There is none of this name.
        """
        self.record(name)
        await self._decide(name, structs.replace(self.state(name), paused=True))

    async def resume(self, name: str, *, personal_is_known: bool = False) -> None:
        """Follow a source again, also one that the node stopped.

        Args:
            personal_is_known: A person looked at the fields that seemed personal: they may pass.

        Raises:
            SourceNotFound: There is none of this name.
        """
        self.record(name)
        known = personal_is_known or self.state(name).personal_is_known
        await self._decide(name, State(personal_is_known=known))
        await self.spool.note_error(name, "", None)

    async def stop(self, name: str, reason: str) -> None:
        """Stop a source for a reason that a person must look at."""
        await self._decide(name, structs.replace(self.state(name), stopped=reason))

    async def _decide(self, name: str, state: State) -> None:
        body = msgspec.json.encode(state)
        await self._write(lambda uow: uow.registers.put(_STATES, name, body))

    async def _write(self, unit: Callable[[UnitOfWork], object]) -> None:
        await self.store.transact(unit)
        self.changed.set()

    def is_running(self, record: SourceRecord) -> bool:
        """Tell whether a source is to be followed."""
        state = self.state(record.name)
        wanted = record.enabled and not state.paused and not state.stopped
        return wanted and not self.hold(record)

    def hold(self, record: SourceRecord) -> str:
        """Say why a source may not run though somebody wants it to; "" where it may."""
        personal = self.state(record.name).personal_is_known
        with suppress(HanzeError):
            # A connector that is not there is told of where it is to be followed.
            personal |= load_connector(record.connector).manifest.personal_data
        return self.held(record.name, personal)

    def device(self, source: str, device: str) -> bool | None:
        """Tell whether a device was let in (true) or refused (false); `None` is undecided."""
        known = self.store.registers.get(_DEVICES, f"{source}\0{device}")
        return None if known is None else known == _APPROVED

    async def approve(self, source: str, device: str, *, refuse: bool = False) -> int:
        """Let a device in, and have its messages dealt with; or refuse it and drop them.

        Returns:
            How many messages waited with it.

        Raises:
            SourceNotFound: There is no such source.
            DeviceNotWaiting: Nor such a device in its tray.
        """
        self.record(source)
        if all(one.device != device for one in await self.spool.devices(source)):
            raise DeviceNotWaiting(source, device)
        value = _REFUSED if refuse else _APPROVED
        await self._write(lambda uow: uow.registers.put(_DEVICES, f"{source}\0{device}", value))
        _, messages = await self.spool.release(source, device, again=not refuse)
        return messages

    async def decode(self, following: Following, message: Message) -> Decoded:
        """Make entities of a message, as they would be stored; stores nothing."""
        connector = following.connector
        known = self.state(following.record.name).personal_is_known
        return await decode_message(
            connector,
            following.message(message),
            script=following.script,
            run=self.sandbox.run,
            provenance=provenance_of(connector, following.options),
            context=HANZE,
            may_be_personal=connector.manifest.personal_data or known,
        )

    async def script_failures(self, record: SourceRecord) -> list[str]:
        """Run the test vectors of a source's script; return what is not as it should be."""
        if not record.examples:
            return []
        script = self.following(record).script
        if not script:
            return ["There are test vectors and no payload decoder"]
        uplinks = [one.uplink() for one in record.examples]
        found = await self.sandbox.run(script, uplinks)
        failures = []
        for number, (example, answer) in enumerate(zip(record.examples, found, strict=True), 1):
            reason = _difference(example.data, answer, refuses=example.errors)
            if reason:
                failures.append(f"example {number} ({example.bytes[:24]}): {reason}")
        return failures

    async def push(self, name: str, message: Message, *, now: str) -> None:
        """Keep a message that somebody sent; when this returns it is on the disk.

        Raises:
            SourceNotFound: There is no such source, or it takes no messages by push.
            TooOften: It sends more than it may.
            SpoolFull: There is no room.
            AccessDenied: Its project is not active.
            Conflicting: It is paused.
        """
        record = self.record(name)
        if self.following(record).how != "push":
            raise SourceNotFound(name)
        if (hold := self.hold(record)) and hold != REST:
            raise AccessDenied(Reason.PROJECT_NOT_ACTIVE, hold)
        if not self.is_running(record):
            raise SourcePaused(name)
        allowance = self._allowances.setdefault(
            name,
            Allowance(
                f"messages of source {name}",
                most=self.settings.messages_per_minute,
                most_together=self.settings.messages_per_minute,
                period_s=60,
            ),
        )
        allowance.take(name, now=now)
        await self.spool.put(message)

    def secret_of(self, name: str) -> str:
        """Return what senders to a source must know.

        Raises:
            SourceNotFound: There is no such source, or it takes no messages by push.
            SourceSecretMissing: It names a secret that is not there.
        """
        following = self.following(self.record(name))
        if following.how != "push":
            raise SourceNotFound(name)
        return str(self.files.resolved(following.connector, following.options)["secret"])

    async def close(self) -> None:
        """Keep what is on its way, and end what runs."""
        await self.sandbox.close()
        await self.spool.close()


def _listed(source: ListedSource) -> SourceRecord:
    return SourceRecord(
        name=source.name,
        connector=source.connector,
        options=source.options,
        enabled=source.enabled,
    )


def _difference(expected: Mapping[str, object] | None, answer: Scripted, *, refuses: bool) -> str:
    if refuses:
        return "" if answer.errors else "an error was expected"
    if answer.data is None:
        return "; ".join(answer.errors)
    for name, value in (expected or {}).items():
        if answer.data.get(name) != value:
            return f"{name} is {answer.data.get(name)!r}, expected {value!r}"[:300]
    return ""
