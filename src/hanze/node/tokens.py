"""Where a node keeps its tokens: apart from the store, so that a second process can change them."""

from pathlib import Path

from hanze.identity.tokens import Tokens

__all__ = ["TOKEN_FILE", "open_tokens"]

#: In the data directory.
TOKEN_FILE = Path("secrets") / "tokens.json"


def open_tokens(data: Path | None) -> Tokens:
    """Open the tokens of a data directory, which need not exist.

    Raises:
        RecordFileDamaged: The file cannot be read.
    """
    tokens = Tokens(None if data is None else data / TOKEN_FILE)
    tokens.records()  # a damaged file is told now, not with the first write
    return tokens
