"""How long the node keeps history, as its settings say it."""

from collections.abc import Sequence
from typing import Final

from hanze.errors import InvalidInput
from hanze.node.selecting import iris_of
from hanze.settings import Retention
from hanze.store.history.keeping import (
    EVERYTHING,
    Keeping,
    KeepingRules,
    RetentionUnusable,
    join_rules,
    make_keeping,
)

__all__ = ["keeping_rules"]

#: Speaks of every type that has no rule of its own.
_OTHERS: Final = "*"


def keeping_rules(retention: Sequence[Retention]) -> KeepingRules:
    """Make the rules that settings name.

    A term stands for the type of Hanze's vocabulary and for that of the default @context.

    Raises:
        RetentionUnusable: A rule cannot be followed, or a type has two.
    """
    others: Keeping | None = None
    rules: list[tuple[Sequence[str], Keeping]] = []
    for one in retention:
        rule = make_keeping(
            one.type,
            keep_days=one.keep_days,
            means_after_days=one.means_after_days,
            means_period=one.means_period,
        )
        if one.type != _OTHERS:
            rules.append((_iris(one.type), rule))
        elif others is None:
            others = rule
        else:
            raise RetentionUnusable(_OTHERS, "there is another one for this type")
    return join_rules(rules, others or EVERYTHING)


def _iris(kind: str) -> Sequence[str]:
    try:
        return iris_of(kind)
    except InvalidInput as error:
        raise RetentionUnusable(kind, str(error)) from error
