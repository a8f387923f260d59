"""Which error ends a command with which exit code: 0 done, 1 failed, 2 asked wrongly."""

from collections.abc import Mapping

from hanze import errors

__all__ = ["EXITS", "FAILED", "USAGE", "exit_code"]

FAILED = 1
USAGE = 2

#: Looked up along the class's ancestors: the nearest row counts.
EXITS: Mapping[type[errors.HanzeError], int] = {
    errors.InvalidInput: FAILED,
    errors.NotFound: FAILED,
    errors.Conflicting: FAILED,
    errors.NotSupported: FAILED,
    errors.TooMuch: FAILED,
    errors.Denied: FAILED,
    errors.Unavailable: FAILED,
    errors.StoreFailure: FAILED,
    errors.ConfigurationError: USAGE,
}


def exit_code(error: errors.HanzeError) -> int:
    return next((EXITS[kind] for kind in type(error).__mro__ if kind in EXITS), FAILED)
