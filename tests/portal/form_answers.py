"""What a browser would send of a form as it stands."""

from html.parser import HTMLParser

__all__ = ["answers_of"]


class _Form(HTMLParser):
    """Collects the successful controls of the forms with a class."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self._kind = kind
        self._inside = False
        self._text: str | None = None
        self._choice: str | None = None
        self._options: list[tuple[str, bool]] = []
        self.answers: dict[str, list[str]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = self._kind in given.get("class", "").split()
        elif self._inside and tag == "input":
            ticked = given.get("type") not in ("checkbox", "radio") or "checked" in given
            if ticked:
                self._add(given["name"], given.get("value", ""))
        elif self._inside and tag == "textarea":
            self._text = given["name"]
            self._add(given["name"], "")
        elif self._inside and tag == "select":
            self._choice, self._options = given["name"], []
        elif self._inside and tag == "option" and self._choice:
            self._options.append((given.get("value", ""), "selected" in given))

    def handle_data(self, data: str) -> None:
        if self._text:
            self.answers[self._text][-1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "textarea":
            self._text = None
        elif tag == "select" and self._choice:
            chosen = [value for value, selected in self._options if selected]
            self._add(self._choice, (chosen or [self._options[0][0]])[0])
            self._choice = None

    def _add(self, name: str, value: str) -> None:
        self.answers.setdefault(name, []).append(value)


def answers_of(page: str, kind: str = "enter") -> dict[str, list[str]]:
    """Read the answers by name; `kind` is a class of the form."""
    form = _Form(kind)
    form.feed(page)
    return form.answers
