"""Comments of buddies: about a tender that runs, by a city that does not tender itself."""

from datetime import date, timedelta
from typing import Final

from hanze.collaboration.buddies import is_live
from hanze.collaboration.records.needs import Demand, DemandBundle, Tender
from hanze.collaboration.records.record import Record
from hanze.collaboration.records.residents import Comment
from hanze.collaboration.rules.elsewhere import find_elsewhere, type_named
from hanze.collaboration.rules.step import RuleBroken, Step

__all__ = ["keep_buddies_to_live_tenders"]

_NEEDS: Final = (Demand, DemandBundle)


def keep_buddies_to_live_tenders(step: Step[Comment]) -> None:
    """Let a buddy speak while a tender runs; what was said then stays when it is over.

    Whether the city did it before is asked where all projects are at hand (`buddies.say_as_buddy`):
    a rule sees single records.

    Raises:
        RuleBroken: No city is named, or the tender is another one's business.
    """
    before, after = step.before, step.after
    if after is None or after.kind != "buddy":
        return
    if before is not None and (before.kind, before.about, before.city) == (
        after.kind,
        after.about,
        after.city,
    ):
        return
    if after.city is None:
        raise RuleBroken("A buddy's comment needs the city whose it is", field="city")
    need = find_elsewhere(step, after.about)
    if need is None:
        if type_named(after.about) not in (*_NEEDS, None):
            raise RuleBroken(
                "A buddy comments on a demand or a bundle of them", field="about", value=after.about
            )
        return
    if not isinstance(need, _NEEDS) or not _tendered(step, need):
        raise RuleBroken(
            "A buddy comments on a demand or bundle while its tender runs",
            field="about",
            value=after.about,
        )
    if after.city in _tendering(need):
        raise RuleBroken("A buddy is not one of those who tender", field="city", value=after.city)


def _tendered(step: Step[Comment], need: Demand | DemandBundle) -> bool:
    """Tell whether it is being tendered, by itself or in its bundle."""
    if _is_live(step, need.tender):
        return True
    bundle: Record | None = None
    if isinstance(need, Demand) and need.bundle is not None:
        bundle = find_elsewhere(step, need.bundle)
    return isinstance(bundle, DemandBundle) and _is_live(step, bundle.tender)


def _is_live(step: Step[Comment], tender: Tender | None) -> bool:
    """Tell whether it runs today, wherever on earth that is."""
    utc = date.fromisoformat(step.now[:10])
    return any(is_live(tender, utc + timedelta(days=days)) for days in (-1, 0, 1))


def _tendering(need: Demand | DemandBundle) -> frozenset[str]:
    parties = need.members if isinstance(need, DemandBundle) else need.buyers
    return frozenset((*parties, *((need.source_city,) if need.source_city else ())))
