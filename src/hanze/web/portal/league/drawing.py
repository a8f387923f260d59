"""Nodes on the map: one marker each, that leads to its entry in the list below."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from hanze.league.model import Me
from hanze.web.portal.league.standing import Answers, Standing
from hanze.web.portal.mapping import choose_view, places_picture
from hanze.web.portal.mercator import Viewport
from hanze.web.portal.places import Place
from hanze.web.portal.reading import Surroundings
from hanze.web.portal.site import Visit
from hanze.web.portal.svgmap import Dot, Picture

__all__ = ["HERE", "picture_of"]

#: This node among the others.
HERE: Final = "here"
#: Of the base map only countries are shown: nodes are dots, whatever this city has drawn.
_COUNTRIES = Surroundings(mark=(), layers={}, bounds=None, titles=())
_CLOSEST: Final = 6.5
_COLOURS: Final = {Answers.YES: "green", Answers.NO: "light", Answers.UNKNOWN: "other"}


def picture_of(visit: Visit, me: Me | None, rows: Sequence[Standing]) -> Picture | None:
    """Draw the nodes that have a place; `None` where none has."""
    own = visit.language.texts.gettext("this node")
    dots: dict[str, Dot] = {}
    labels: dict[str, str] = {}
    if me is not None and me.place is not None:
        dots[HERE] = Dot(HERE, *me.place, "water")
        labels[HERE] = f"{me.name}: {own}"
    for row in rows:
        if row.place is not None:
            dots[row.peer.id] = Dot(row.peer.id, *row.place, _COLOURS[row.answers])
            labels[row.peer.id] = f"{row.peer.name}: {_word(visit, row)}"
    if not dots:
        return None
    places = [Place(one.id, "", one.longitude, one.latitude, None, ()) for one in dots.values()]
    view = choose_view(visit.request.query_params.get("view", "")[:60], places, _COUNTRIES)
    if "view" not in visit.request.query_params:
        # Countries are all that is drawn: closer than this nothing tells where a dot is.
        view = view.zoomed(min(_CLOSEST - view.zoom, 0.0))
    return places_picture(
        visit,
        places,
        view,
        _COUNTRIES,
        link=lambda target: _link(visit, target),
        entity_link=lambda one: (f"#node-{one}", labels[one]),
        total=len(places),
        dots=list(dots.values()),
    )


def _word(visit: Visit, row: Standing) -> str:
    texts = visit.language.texts
    words = {
        Answers.YES: texts.gettext("answers"),
        Answers.NO: texts.gettext("does not answer"),
        Answers.UNKNOWN: texts.gettext("not asked yet"),
    }
    return words[row.answers] if row.status == "confirmed" else texts.gettext("not confirmed")


def _link(visit: Visit, target: Viewport | None) -> str:
    query = "" if target is None else f"?view={quote(target.text(), safe='')}"
    return f"/{visit.language.code}/league{query}#map"
