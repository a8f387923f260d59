"""Plans of matchmaking days as files: calendars to follow, and lists for spreadsheets."""

from typing import Final
from urllib.parse import quote

from starlette.responses import Response

from hanze.collaboration.feeds import ICALENDAR
from hanze.collaboration.gatherings.attending import gathering_of
from hanze.collaboration.gatherings.calendars import Book, calendar_of
from hanze.collaboration.gatherings.files import plan_csv
from hanze.collaboration.gatherings.sheets import party_name
from hanze.web.api.abroad.matchday_shapes import ChoiceOfFile
from hanze.web.api.frame import Ask

__all__ = ["SHEET", "calendar_answer", "sheet_answer"]

SHEET: Final = "text/csv"


async def calendar_answer(ask: Ask, day_id: str, participation: str | None) -> Response:
    """Answer the meetings of a day, or of one participant, as a feed."""
    language = ask.parameters(ChoiceOfFile).language
    collective = await ask.node.collective.refresh(ask.now)
    gathering = gathering_of(collective, day_id)

    def link(record_id: str) -> str:
        below = "" if record_id == day_id else "participation/"
        path = f"/{language}/collective/matchmaking-days/{below}{quote(record_id, safe=':')}"
        return ask.base_url + path

    written = calendar_of(
        Book(
            day=gathering.day,
            several=gathering.by_id,
            names=party_name(collective, gathering.several, language),
            language=language,
            link=link,
            participation=participation,
        )
    )
    return Response(written, media_type=ICALENDAR)


async def sheet_answer(ask: Ask, day_id: str, participation: str | None) -> Response:
    """Answer them as a list for spreadsheets."""
    language = ask.parameters(ChoiceOfFile).language
    collective = await ask.node.collective.refresh(ask.now)
    gathering = gathering_of(collective, day_id)
    names = party_name(collective, gathering.several, language)
    return Response(
        plan_csv(gathering.day, names, participation),
        media_type=SHEET,
        headers={"content-disposition": 'attachment; filename="meetings.csv"'},
    )
