"""Files of records as answers: always to be saved, never shown as a page of this site."""

import unicodedata
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from starlette.responses import Response

from hanze.collaboration.documents import StoredDocument
from hanze.collaboration.records.record import text_of

__all__ = ["as_attachment", "ending_of"]

_ENDINGS: Final = {
    "application/pdf": "pdf",
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "text/plain": "txt",
    "application/vnd.oasis.opendocument.text": "odt",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
    "application/vnd.oasis.opendocument.presentation": "odp",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
}
_LONGEST: Final = 80


def as_attachment(
    found: StoredDocument, title: Mapping[str, str], language: str = "en"
) -> Response:
    """Answer with a file.

    Whoever brought it in is trusted no more than anybody on the web: a browser saves it, guesses
    nothing of it, and would run nothing in it if somebody opened it all the same.

    Args:
        title: Of the file, by language: its name where it is saved.
    """
    ending = ending_of(found.media_type)
    name = f"{_name(text_of(title, language)) or found.sha256[:16]}.{ending}"
    return Response(
        found.data,
        media_type=found.media_type,
        headers={
            # RFC 6266: a plain name for old readers, and the real one.
            "content-disposition": (
                f'attachment; filename="{found.sha256[:16]}.{ending}"; '
                f"filename*=UTF-8''{quote(name)}"
            ),
            "content-security-policy": "default-src 'none'; sandbox",
            "x-content-type-options": "nosniff",
            "cross-origin-resource-policy": "same-origin",
            # The name is that of the bytes: they never change under it; who may have them does.
            "cache-control": "private, max-age=300",
            "etag": f'"{found.sha256}"',
        },
    )


def ending_of(media_type: str) -> str:
    """Say how names of files of a media type end."""
    return _ENDINGS.get(media_type, "bin")


def _name(title: str) -> str:
    """Make a file name of a title: letters of any script, digits, and hyphens."""
    kept = (
        one if unicodedata.category(one)[0] in "LN" else "-"
        for one in unicodedata.normalize("NFC", title)
    )
    return "-".join(part for part in "".join(kept).split("-") if part)[:_LONGEST]
