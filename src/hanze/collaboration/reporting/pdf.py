"""A report as PDF for everybody: tagged, with title, language and bookmarks (PDF/UA-1, ISO 14289-1).

WeasyPrint lays it out, which needs Pango on the system; both come with the extra `reports`. It works
for some seconds of one processor, so one report is made at a time, in a thread of its own, and what
was made is kept: the same document is not laid out twice.
"""

import asyncio
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from importlib import import_module
from threading import Lock
from typing import Final, NoReturn

from hanze.errors import NotSupported, TooMuch, Unavailable

__all__ = ["PdfNotInstalled", "PdfTooLong", "TooManyPdfs", "kept_pdf", "pdf_of"]

#: Documents that are kept, and the most bytes of them together.
_MOST_KEPT: Final = 64
_MOST_BYTES: Final = 32 * 1024 * 1024
#: Documents that wait at most: each takes a second or so.
_MOST_WAITING: Final = 16
#: Of a document: tags are what takes time (some 2,000 a second) and memory; the records of other
#: nodes, which no rule of this one bounds, may ask for hundreds of thousands.
_MOST_TAGS: Final = 12_000
_LONGEST: Final = 1_000_000


class PdfNotInstalled(NotSupported):
    """What lays PDFs out is not there."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            "PDFs need WeasyPrint, the extra reports (pip install 'hanze[reports]'), and Pango "
            f"(Debian: apt install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0): {reason}"
        )


class TooManyPdfs(Unavailable):
    """As many wait for a PDF as may."""

    def __init__(self) -> None:
        super().__init__(f"{_MOST_WAITING} PDFs are being made; the report as a page is there")


class PdfTooLong(TooMuch):
    """A document is longer than is laid out while somebody waits."""

    def __init__(self, tags: int) -> None:
        super().__init__(
            f"A PDF is made of at most {_MOST_TAGS} parts, and this report has {tags}; the report "
            "as a page is there"
        )


class _Press:
    """Makes PDFs one after the other, for all nodes of the process: it is the processor they share."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="report")
        self._kept: OrderedDict[bytes, bytes] = OrderedDict()
        self._size = 0
        self._waiting = 0
        self._lock = Lock()

    def kept(self, html: str) -> bytes | None:
        with self._lock:
            return self._kept.get(_key(html))

    async def print(self, html: str) -> bytes:
        found = self.kept(html)
        if found is not None:
            return found
        tags = html.count("<")
        if tags > _MOST_TAGS or len(html) > _LONGEST:
            raise PdfTooLong(tags)
        if self._waiting >= _MOST_WAITING:
            raise TooManyPdfs
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._thread, self._make, _key(html), html)
        finally:
            self._waiting -= 1

    def _make(self, key: bytes, html: str) -> bytes:
        with self._lock:
            # Who asked for the same before may have got it meanwhile.
            found = self._kept.get(key)
        if found is None:
            found = _laid_out(html)
            self._keep(key, found)
        return found

    def _keep(self, key: bytes, made: bytes) -> None:
        with self._lock:
            self._kept[key] = made
            self._size += len(made)
            while self._kept and (len(self._kept) > _MOST_KEPT or self._size > _MOST_BYTES):
                _, gone = self._kept.popitem(last=False)
                self._size -= len(gone)


def _key(html: str) -> bytes:
    return sha256(html.encode()).digest()


_press: Final = _Press()


def kept_pdf(html: str) -> bytes | None:
    """Return what was made of a document before; `None` where it would have to be laid out."""
    return _press.kept(html)


async def pdf_of(html: str) -> bytes:
    """Lay a document out as PDF/UA-1.

    Args:
        html: A whole document with its own style (`html.document_html`); nothing that it names is
            fetched.

    Raises:
        PdfNotInstalled: WeasyPrint or Pango is not there.
        PdfTooLong: It would take too long.
        TooManyPdfs: Too many wait.
    """
    return await _press.print(html)


def _laid_out(html: str) -> bytes:
    try:
        # An extra, which takes a second to import: who makes no PDF has neither.
        weasyprint = import_module("weasyprint")
        urls = import_module("weasyprint.urls")
    except (ImportError, OSError) as error:  # OSError: Pango's library is not there
        raise PdfNotInstalled(str(error).splitlines()[0][:200]) from error

    class Nothing(urls.URLFetcher):  # type: ignore[misc, name-defined]  # imported where it is there
        """Fetches nothing: a report has all within it, and fonts are the system's."""

        def fetch(self, url: str, *_headers: object) -> NoReturn:
            raise ValueError(f"A report fetches nothing, not {url[:100]}")

    document = weasyprint.HTML(string=html, url_fetcher=Nothing())
    made: bytes = document.write_pdf(pdf_variant="pdf/ua-1", pdf_tags=True)
    return made
