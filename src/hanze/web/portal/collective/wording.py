"""What a record says, in the reader's language where it can: texts, names, codes, amounts, days."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from babel.dates import format_date
from babel.numbers import format_currency, format_decimal, format_percent

from hanze.collaboration.records.record import Label, Money, Quantity
from hanze.web.portal.translation import Language
from hanze.web.portal.values import Speaker

__all__ = ["Said", "Wording", "said_in"]


@dataclass(frozen=True, slots=True)
class Said:
    """A text and its language.

    Attributes:
        text: As somebody wrote it.
        lang: BCP 47; "" where it is the page's own language or none, so that nothing is marked.
    """

    text: str
    lang: str = ""

    def __bool__(self) -> bool:
        return bool(self.text)

    def cut(self, length: int) -> "Said":
        """Shorten it to so many characters, at a space."""
        if len(self.text) <= length:
            return self
        head = self.text[:length]
        return Said(head.rsplit(" ", 1)[0].rstrip(",.;:") + "…", self.lang)


def said_in(label: Mapping[str, str], language: str) -> Said:
    """Choose a text: in the language, else English, else any."""
    for tag in (language, "en", *label):
        text = label.get(tag)
        if text:
            return Said(text, "" if tag in (language, "@none") else tag)
    return Said("")


class Wording:
    """Writes values as people of one language do."""

    def __init__(self, speaker: Speaker) -> None:
        self._speaker = speaker

    @property
    def language(self) -> Language:
        return self._speaker.language

    def text(self, label: Label) -> Said:
        """Choose the text of a label."""
        return said_in(label, self.language.code)

    def kind(self, name: str) -> str:
        """Name a type of record: "Project" → "Project", "Demand" → "Challenge"."""
        return self.language.words("type", name)

    def kinds(self, name: str) -> str:
        """Name several of a type."""
        return self.language.term("types", name) or self.kind(name)

    def field(self, term: str, of: str = "") -> str:
        """Name a field by its term in JSON: "businessCase".

        Args:
            term: In JSON.
            of: The type whose field it is: there it may have a name of its own.
        """
        own = self.language.term(f"attribute {of}", term) if of else None
        return own or self.language.words("attribute", term)

    def code(self, term: str, value: str, of: str = "") -> str:
        """Say what a code of a field means: ("stage", "pilot"); `of` as in `field`."""
        own = self.language.term(f"code {term} {of}", value) if of else None
        said = own or self.language.term(f"code {term}", value)
        return said or self.language.words("value", value)

    def number(self, value: float) -> str:
        return self._speaker.formats.number(value)

    def share(self, value: float) -> str:
        """Write 0 to 1 as a percentage."""
        return format_percent(value, locale=self.language.locale)

    def money(self, money: Money) -> str:
        """Write an amount in its currency; cents only where there are any."""
        locale = self.language.locale
        pattern = locale.currency_formats["standard"].pattern
        whole = money.amount == money.amount.to_integral_value()
        return format_currency(
            money.amount,
            money.currency,
            format=pattern.replace(".00", "") if whole else pattern,
            locale=locale,
            currency_digits=not whole,
        )

    def quantity(self, quantity: Quantity) -> str:
        """Write a number with the sign of its unit, or the unit's own words."""
        code = quantity.unit
        if code == "C62":
            return self.number(quantity.value)
        unit = self.language.term("unit", code) or self.language.term("unit words", code) or code
        return f"{self.number(quantity.value)} {unit}"

    def day(self, day: date | str) -> str:
        """Write a day; what is no complete date stays as it is."""
        if isinstance(day, str):
            try:
                day = date.fromisoformat(day[:10])
            except ValueError:
                return str(day)
        pattern = "y년 M월 d일" if self.language.code == "ko" else "d MMMM y"
        return format_date(day, pattern, locale=self.language.locale)

    def clock(self, text: str) -> str:
        """Write what clocks show at a place, "2025-03-06T10:00"; a day alone stays a day."""
        day, _, time = text.partition("T")
        return f"{self.day(day)}, {time}" if time else self.day(day)

    def decimal(self, value: Decimal) -> str:
        """Write an exact number in full; as an amount, with cents where it is not whole."""
        pattern = "#,##0" if value == value.to_integral_value() else "#,##0.00########"
        return format_decimal(value, pattern, locale=self.language.locale)

    def month(self, day: date) -> str:
        """Write the month of a day, where the day itself is not known."""
        pattern = "y년 M월" if self.language.code == "ko" else "LLLL y"
        return format_date(day, pattern, locale=self.language.locale)

    def language_name(self, tag: str) -> str:
        """Name a language by its BCP 47 tag."""
        names = self.language.locale.languages
        return str(names.get(tag.replace("-", "_")) or names.get(tag.partition("-")[0]) or tag)
