"""Secrets and payload decoders of sources: files in the data directory, readable by the node alone."""

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from hanze.connectors.decoders import Connector
from hanze.connectors.source_record import secret_names
from hanze.connectors.streaming import Options
from hanze.errors import Conflicting, InvalidInput
from hanze.node.identity import ACCOUNT_FILE, CLIENT_FILE
from hanze.node.journal import JOURNAL_FILE
from hanze.node.signing import SIGNING_FILE
from hanze.node.tokens import TOKEN_FILE

__all__ = ["SourceFiles", "SourceSecretMissing"]

_SECRETS: Final = "secrets"
_DECODERS: Final = "decoders"
#: The node's own, in the same folder: a source would send them to whoever it names.
_OWN: Final = frozenset(
    one.name for one in (TOKEN_FILE, SIGNING_FILE, ACCOUNT_FILE, CLIENT_FILE, JOURNAL_FILE)
)
_MOST_SECRET: Final = 100_000
_MOST_SCRIPT: Final = 512 * 1024


class SourceSecretMissing(Conflicting):
    """A source names a secret that is not there."""

    def __init__(self, option: str, name: str) -> None:
        super().__init__(
            f"The option {option} names {name}, which is no file in the folder `{_SECRETS}` of the "
            "data directory"
        )


class SourceFiles:
    """The files of one node.

    Args:
        data: The data directory; `None` keeps secrets in memory, for tests.
    """

    def __init__(self, data: Path | None) -> None:
        self._data = data
        self._memory: dict[str, str] = {}

    def resolved(self, connector: Connector, options: Options) -> Options:
        """Put secrets in the place of their names.

        Raises:
            SourceSecretMissing: One is not there.
            InvalidInput: One is the node's own.
        """
        named = self.names(connector, options)
        return {
            **options,
            **{option: self._secret(option, name) for option, name in named.items()},
        }

    def names(self, connector: Connector, options: Options) -> dict[str, str]:
        """Name the files of the secrets of a source, by option.

        Raises:
            InvalidInput: One is the node's own, and no source's.
        """
        named = secret_names(connector, options)
        for option, name in named.items():
            if name.casefold() in _OWN:
                raise InvalidInput(
                    f"The option {option} names a secret of the node itself",
                    field=f"options.{option}",
                )
        return named

    def keep(self, source: str, secrets: Mapping[str, str]) -> dict[str, str]:
        """Write the secrets of a source; return the names of their files, by option.

        Raises:
            InvalidInput: One is empty or too long.
        """
        names: dict[str, str] = {}
        for option, text in secrets.items():
            if not text.strip() or len(text) > _MOST_SECRET:
                raise InvalidInput(
                    f"A secret has at least one character and at most {_MOST_SECRET}",
                    field=f"secrets.{option[:60]}",
                )
            names[option] = f"source-{source}-{option}"
        for option, name in names.items():
            self._write(name, secrets[option].strip())
        return names

    def forget(self, source: str) -> None:
        """Remove the secrets that were written for a source."""
        mine = f"source-{source}-"
        for name in [one for one in self._memory if one.rpartition("-")[0] + "-" == mine]:
            del self._memory[name]
        if self._data is not None:
            for path in (self._data / _SECRETS).glob(f"{mine}*"):
                # A source whose name goes on with a dash has secrets of its own.
                if "-" not in path.name.removeprefix(mine):
                    path.unlink(missing_ok=True)

    def script(self, name: str) -> str:
        """Read a payload decoder that an option names.

        Raises:
            InvalidInput: It is not there.
        """
        folder = self._data / _DECODERS if self._data is not None else None
        path = folder / name if folder is not None and Path(name).name == name else None
        try:
            if path is None or path.stat().st_size > _MOST_SCRIPT:
                raise FileNotFoundError(name)
            return path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidInput(
                f"The option decoder names {name[:60]}, which is no script in the folder "
                f"`{_DECODERS}` of the data directory",
                field="options.decoder",
            ) from error

    def _secret(self, option: str, name: str) -> str:
        if self._data is None:
            if name not in self._memory:
                raise SourceSecretMissing(option, name)
            return self._memory[name]
        try:
            return (self._data / _SECRETS / name).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SourceSecretMissing(option, name) from error

    def _write(self, name: str, text: str) -> None:
        if self._data is None:
            self._memory[name] = text
            return
        path = self._data / _SECRETS / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = path.with_name(f".{name}.new")
        with contextlib.suppress(FileNotFoundError):
            fresh.unlink()
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        fresh.replace(path)
