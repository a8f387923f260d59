"""What is too old goes, and numbers become means: a day at a time, each in one transaction.

A mean is a row like any other, of form `form.MEAN`: its number is the mean, its text says what it was
made of (`form.Made`). So it is read, exported, removed and replaced like any other; aggregations
weigh it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from hanze.store.history import transfer
from hanze.store.history.archive import TABLES, Connection, note_means
from hanze.store.history.batch import EVERY_SLOT, series_of
from hanze.store.history.form import FLOAT, INTEGER, MEAN
from hanze.store.history.history import HistoryArchive
from hanze.store.history.keeping import KeepingRules
from hanze.store.history.lookup import evolutions_of_all, fill
from hanze.store.history.splitting import split

__all__ = ["Retained", "removed_of", "retain"]

#: Instances that are dealt with in one transaction: less than a second's work.
_STRETCH: Final = 500_000
#: Rows that are given to the writing connection together.
_SLICE: Final = 50_000
#: Squares of numbers beyond it are no doubles; they are kept as they are.
_LARGEST: Final = 1e150

#: By evolution: whose it is, its types, before which days it is removed and condensed, the period.
_KEEP: Final = (
    "CREATE OR REPLACE TEMP TABLE keep (evolution BIGINT, tenant VARCHAR, typeset BIGINT,"
    " removes INTEGER, condenses INTEGER, period BIGINT)"
)
_WORTH: Final = f"CASE WHEN form = {MEAN} THEN (text::DOUBLE[])[1] ELSE 1 END"
#: Numbers that were observed, and can be condensed.
_NUMBERS: Final = (
    f"form IN ({FLOAT}, {INTEGER}) AND timed AND modified IS NULL AND abs(number) < {_LARGEST}"
)
_TOO_OLD: Final = "day < keep.removes"
_TOO_FINE: Final = f"day < keep.condenses AND {_NUMBERS}"

_SPLIT: Final = split("SELECT * FROM condensed")

Stretch = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Retained:
    """What a look at what is too old did.

    Attributes:
        removed: Instances that went, those that means stood for among them.
        condensed: Instances that became means.
        means: So many.
    """

    removed: int = 0
    condensed: int = 0
    means: int = 0

    def plus(self, other: "Retained") -> "Retained":
        return Retained(
            self.removed + other.removed,
            self.condensed + other.condensed,
            self.means + other.means,
        )


@dataclass(frozen=True, slots=True)
class _Plan:
    """Rows of the table `keep`, and what there is to do: day, first and last evolution."""

    keep: list[tuple[int, str, int, int | None, int | None, int]]
    stretches: list[Stretch]


async def retain(history: HistoryArchive, rules: KeepingRules, now: int) -> Retained:
    """Remove and condense what the rules no longer keep.

    Args:
        now: Microseconds since 1970.

    Raises:
        StoreFailure: The archive cannot be written; what was done so far is done.
    """
    done = Retained()
    if not rules.anything or not history.archive.exists:
        return done
    archive = history.archive
    plan = await archive.apart(partial(_plan, history=history, rules=rules, now=now))
    if not plan.stretches:
        return done
    await archive.run(lambda connection: connection.execute(_KEEP))
    for start in range(0, len(plan.keep), _SLICE):
        await archive.run(partial(fill, table="keep", rows=plan.keep[start : start + _SLICE]))
    for stretch in plan.stretches:
        done = done.plus(await archive.run(partial(_take, stretch=stretch)))
        history.forget()
    await archive.run(transfer.checkpoint)
    return done


def removed_of(connection: Connection, tenant: str) -> dict[int, int]:
    """Return how many instances of a tenant were removed, by the number of their types."""
    rows = connection.execute(
        "SELECT typeset, removed FROM gone WHERE tenant = ?", [tenant]
    ).fetchall()
    return {int(typeset): int(removed) for typeset, removed in rows}


def _plan(connection: Connection, history: HistoryArchive, rules: KeepingRules, now: int) -> _Plan:
    keep = []
    for number, tenant, typeset, types in evolutions_of_all(history.archive.record):
        rule = rules.of(types)
        removes, condenses = rule.removes_before(now), rule.condenses_before(now)
        if removes is not None or condenses is not None:
            keep.append((number, tenant, typeset, _day(removes), _day(condenses), rule.period))
    connection.execute(_KEEP)
    fill(connection, "keep", keep)
    stretches: list[Stretch] = []
    counts: list[tuple[int, int, int]] = []
    for table in TABLES:
        counts += connection.execute(
            f"SELECT day, keep.evolution, count(*) FROM {table} JOIN keep ON series >> 20 = keep.evolution"  # noqa: S608  # constants
            f" WHERE ({_TOO_OLD}) OR ({_TOO_FINE}) GROUP BY ALL"
        ).fetchall()
    stretches += _stretches(sorted(counts))
    return _Plan(keep, stretches)


def _stretches(counts: Sequence[tuple[int, int, int]]) -> Iterator[Stretch]:
    """Put evolutions of a day together until they are enough for a transaction."""
    day = first = last = rows = 0
    for own_day, number, count in counts:
        if rows and (own_day != day or rows + count > _STRETCH):
            yield day, first, last
            rows = 0
        if not rows:
            day, first = own_day, number
        last = number
        rows += count
    if rows:
        yield day, first, last


def _take(connection: Connection, stretch: Stretch) -> Retained:
    """Remove and condense a stretch."""
    day, first, last = stretch
    where = (
        f"day = {day} AND series BETWEEN {series_of(first, 0)} AND {series_of(last, EVERY_SLOT)}"
    )
    connection.execute("BEGIN")
    removed = _remove(connection, where)
    condensed, means = _condense(connection, where)
    connection.execute("COMMIT")
    return Retained(removed, condensed, means)


def _remove(connection: Connection, where: str) -> int:
    counted = " UNION ALL ".join(
        f"SELECT tenant, typeset, sum({_WORTH})::BIGINT AS n FROM {table}"  # noqa: S608  # constants and numbers
        f" JOIN keep ON series >> 20 = keep.evolution WHERE {where} AND {_TOO_OLD} GROUP BY ALL"
        for table in TABLES
    )
    rows = connection.execute(
        f"SELECT tenant, typeset, sum(n)::BIGINT FROM ({counted}) GROUP BY ALL"  # noqa: S608  # constants and numbers
    ).fetchall()
    if not rows:
        return 0
    _delete(connection, where, _TOO_OLD)
    for tenant, typeset, count in rows:
        changed = connection.execute(
            "UPDATE gone SET removed = removed + ? WHERE tenant = ? AND typeset = ?",
            [count, tenant, typeset],
        ).fetchone()
        if changed is None or changed[0] == 0:
            connection.execute("INSERT INTO gone VALUES (?, ?, ?)", [tenant, typeset, count])
    return sum(int(count) for _, _, count in rows)


def _condense(connection: Connection, where: str) -> tuple[int, int]:
    source = " UNION ALL ".join(
        "SELECT series, shape, number, rest, period,"  # noqa: S608  # constants and numbers
        f" {transfer.TIME_OF_DAY} AS since, day::BIGINT * {transfer.DAY} AS midnight, delay, lag"
        f" FROM {table} JOIN keep ON series >> 20 = keep.evolution WHERE {where} AND {_TOO_FINE}"
        for table in TABLES
    )
    means = f"""
        SELECT series, shape, midnight + since // period * period AS time, true AS timed,
            max(midnight + since + delay) AS sequence,
            max(midnight + since + delay + lag) AS recorded, NULL::BIGINT AS modified,
            {MEAN} AS form, avg(number) AS number,
            [count(*), min(number), max(number), var_pop(number) * count(*),
             count(DISTINCT number), period / 1000000]::DOUBLE[]::VARCHAR AS text,
            CASE WHEN count(rest) = count(*) AND min(rest) = max(rest) THEN min(rest) END AS rest,
            count(*) AS n
        FROM ({source})
        GROUP BY series, shape, period, midnight, since // period
    """  # noqa: S608  # constants and numbers
    connection.execute(f"CREATE OR REPLACE TEMP TABLE condensed AS {means}")
    count, rows = connection.execute(
        "SELECT coalesce(sum(n), 0)::BIGINT, count(*) FROM condensed"
    ).fetchone() or (0, 0)
    if rows:
        _delete(connection, where, _TOO_FINE)
        connection.execute(f"INSERT INTO days {_SPLIT}")
        note_means(connection)
    connection.execute("DROP TABLE condensed")
    return int(count), int(rows)


def _delete(connection: Connection, where: str, condition: str) -> None:
    for table in TABLES:
        connection.execute(
            f"DELETE FROM {table} USING keep"  # noqa: S608  # constants and numbers
            f" WHERE {where} AND series >> 20 = keep.evolution AND {condition}"
        )


def _day(moment: int | None) -> int | None:
    return None if moment is None else moment // transfer.DAY
