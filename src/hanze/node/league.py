"""The node's part in the league: its keys, and what settings say."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from hanze.broker.registration import Registrations
from hanze.broker.registry import Registry
from hanze.errors import ConfigurationError
from hanze.league.identity import KeyPair
from hanze.league.ports import LeagueLimits
from hanze.league.service import League
from hanze.node.clock import utc_now
from hanze.node.secret_file import replace_secret
from hanze.settings import Settings
from hanze.store.store import Store

__all__ = ["LEAGUE_FILE", "LeagueFileDamaged", "LeagueKeys", "open_league"]

#: In the data directory.
LEAGUE_FILE: Final = Path("secrets") / "league.json"


class LeagueFileDamaged(ConfigurationError):
    """The file that keeps the node's keys of the league cannot be used."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"Keys of the league in {path} cannot be used: {reason}")
        self.path = path


class LeagueKeys:
    """The private keys of this node (`league.ports.Keys`), in a file of its own.

    Args:
        path: The file; `None` keeps the keys in memory, for tests.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._seeds: dict[str, str] = self._read()

    def find(self, thumbprint: str) -> KeyPair | None:
        seed = self._seeds.get(thumbprint)
        return None if seed is None else KeyPair.of_seed(seed)

    def keep(self, key: KeyPair) -> None:
        self._write({**self._seeds, key.thumbprint: key.seed})

    def forget_others(self, thumbprint: str | None) -> None:
        self._write({name: seed for name, seed in self._seeds.items() if name == thumbprint})

    def _read(self) -> dict[str, str]:
        if self._path is None:
            return {}
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=dict[str, str])
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except (OSError, msgspec.DecodeError) as error:
            raise LeagueFileDamaged(self._path, str(error)) from error

    def _write(self, seeds: dict[str, str]) -> None:
        if self._path is not None:
            try:
                self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                replace_secret(self._path, msgspec.json.format(msgspec.json.encode(seeds)))
            except OSError as error:
                raise LeagueFileDamaged(self._path, str(error)) from error
        self._seeds = seeds


def open_league(
    settings: Settings,
    store: Store,
    registrations: Registrations,
    registry: Registry,
    *,
    alias: str,
    url: Callable[[], str],
) -> League:
    """Put the league together.

    Args:
        url: Answers under which address the node is reached.

    Raises:
        LeagueFileDamaged: Its keys cannot be read.
    """
    given = settings.league
    return League(
        store,
        registrations,
        registry,
        keys=LeagueKeys(None if settings.data is None else settings.data / LEAGUE_FILE),
        limits=LeagueLimits(
            invitation_hours=given.invitation_hours,
            max_members=given.max_members,
            clock_skew_s=given.clock_skew_s,
            overlap_hours=given.overlap_hours,
            forget_days=given.forget_days,
            timeout_s=given.timeout_s,
        ),
        alias=alias,
        url=url,
        clock=utc_now,
    )
