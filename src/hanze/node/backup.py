"""A copy of all that a node is: its databases, its settings and its secrets."""

import shutil
from pathlib import Path
from typing import Final

from hanze.collaboration.language.wordnet_files import wordnets_folder
from hanze.connectors.spool import SPOOL
from hanze.errors import StoreFailure
from hanze.node.identity import ACCOUNT_FILE, CLIENT_FILE
from hanze.node.journal import JOURNAL_FILE
from hanze.node.signing import SIGNING_FILE
from hanze.node.tokens import TOKEN_FILE
from hanze.settings import FILE_NAME
from hanze.store.backup import copy_database, copy_store, make_target

__all__ = ["copy_node"]

#: What only its owner may see; none of it goes over the network.
_SECRETS: Final = (TOKEN_FILE, SIGNING_FILE, ACCOUNT_FILE, CLIENT_FILE, JOURNAL_FILE)


def copy_node(data: Path, target: Path, *, secrets: bool) -> int:
    """Copy a data directory, also while a node works on it.

    Args:
        data: The data directory.
        target: A directory without a database; it is made when it is not there. A node can be
            started on it.
        secrets: Whether tokens and signing keys are copied too.

    Returns:
        How many bytes the databases have.

    Raises:
        StoreFailure: The target has a database already, or cannot be written.
    """
    # First the spool: what is stored in between waits in the copy too, and is known when it comes
    # again. The other way round it would be in neither.
    make_target(target)
    waiting = _spool(data, target)
    size = copy_store(data, target)
    for name in (Path(FILE_NAME), *(_SECRETS if secrets else ())):
        _copy(data / name, target / name)
    for wordnet in wordnets_folder(data).glob("*.tab"):
        _copy(wordnet, wordnets_folder(target) / wordnet.name)
    return size + waiting


def _spool(data: Path, target: Path) -> int:
    if not (data / SPOOL).is_file():
        return 0
    copy_database(data / SPOOL, target / SPOOL)
    return (target / SPOOL).stat().st_size


def _copy(source: Path, target: Path) -> None:
    """Copy a file with its permissions, if it is there."""
    if not source.is_file():
        return
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copy2(source, target)
    except OSError as error:
        raise StoreFailure(f"{target} cannot be written: {error.strerror}") from error
