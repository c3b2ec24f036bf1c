"""Numbers and days as they are written in Finnish, Finland-Swedish and English.

Finnish and Swedish have a decimal comma, a narrow no-break space between thousands and a
no-break space before the percent sign (SFS 4175); English has none of these.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

NARROW_SPACE: Final = "\u202f"
SPACE: Final = "\u00a0"
MINUS: Final = "\u2212"
UNKNOWN: Final = "\u2013"

WEEKDAYS: Final = {
    "fi": ("ma", "ti", "ke", "to", "pe", "la", "su"),
    "sv": ("må", "ti", "on", "to", "fr", "lö", "sö"),
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}
LONG_WEEKDAYS: Final = {
    "fi": ("maanantai", "tiistai", "keskiviikko", "torstai", "perjantai"),
    "sv": ("måndag", "tisdag", "onsdag", "torsdag", "fredag"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday"),
}
# "on Mondays", as each language says what happens again and again.
ON_WEEKDAYS: Final = {
    "fi": (
        "maanantaisin",
        "tiistaisin",
        "keskiviikkoisin",
        "torstaisin",
        "perjantaisin",
    ),
    "sv": ("måndagar", "tisdagar", "onsdagar", "torsdagar", "fredagar"),
    "en": ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays"),
}
SHORT_MONTHS: Final = {
    "fi": (
        *("tammi", "helmi", "maalis", "huhti", "touko", "kesä"),
        *("heinä", "elo", "syys", "loka", "marras", "joulu"),
    ),
    "sv": (
        *("jan", "feb", "mars", "apr", "maj", "juni"),
        *("juli", "aug", "sep", "okt", "nov", "dec"),
    ),
    "en": (
        *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
        *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    ),
}


def number(value: float | None, language: str, *, decimals: int | None = None) -> str:
    """Return a number; without `decimals`, whole numbers have none and others one.

    What is not known is a dash, never a zero.
    """
    if value is None:
        return UNKNOWN
    if decimals is None:
        decimals = 0 if float(value).is_integer() else 1
    # Through the shortest text of the float, so that 0.25 rounds as people expect it to.
    exact = Decimal(str(value))
    rounded = exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    text = f"{abs(rounded):,.{decimals}f}"
    if language != "en":
        text = text.replace(",", NARROW_SPACE).replace(".", ",")
    return f"{MINUS}{text}" if rounded < 0 else text


def percent(share: float | None, language: str, *, decimals: int = 1) -> str:
    """Return a share (0-1) as a percentage."""
    if share is None:
        return UNKNOWN
    hundredfold = float(Decimal(str(share)) * 100)
    sign = "%" if language == "en" else f"{SPACE}%"
    return number(hundredfold, language, decimals=decimals) + sign


def day(value: date | None, language: str) -> str:
    """Return ``24.11.2026``, in English ``24 Nov 2026``."""
    if value is None:
        return UNKNOWN
    if language == "en":
        return f"{value.day}{SPACE}{SHORT_MONTHS['en'][value.month - 1]} {value.year}"
    return f"{value.day}.{value.month}.{value.year}"


def short_day(value: date | None, language: str) -> str:
    """Return the day without its year: ``24.11.``, in English ``24 Nov``."""
    if value is None:
        return UNKNOWN
    if language == "en":
        return f"{value.day}{SPACE}{SHORT_MONTHS['en'][value.month - 1]}"
    return f"{value.day}.{value.month}."


def weekday(value: date | int, language: str) -> str:
    """Return the short name of a day's weekday, or of the weekday 0 (Monday) to 6."""
    index = value if isinstance(value, int) else value.weekday()
    return WEEKDAYS.get(language, WEEKDAYS["en"])[index]


def long_weekday(index: int, language: str) -> str:
    """Return the name of a school day's weekday, 0 (Monday) to 4."""
    return LONG_WEEKDAYS.get(language, LONG_WEEKDAYS["en"])[index]


def on_weekday(index: int, language: str) -> str:
    """Return a school day's weekday as in "on Mondays"."""
    return ON_WEEKDAYS.get(language, ON_WEEKDAYS["en"])[index]


def weekday_and_day(value: date | None, language: str) -> str:
    """Return ``ti 24.11.``, in English ``Tue 24 Nov``."""
    if value is None:
        return UNKNOWN
    return f"{weekday(value, language)}{SPACE}{short_day(value, language)}"


def clock(value: datetime, language: str) -> str:
    """Return the time of day: ``9.30``, in English ``9:30``."""
    mark = ":" if language == "en" else "."
    return f"{value.hour}{mark}{value.minute:02}"


def span(first: date, last: date, language: str) -> str:
    """Return two days, both included, with what they share said once."""
    if first == last:
        return day(first, language)
    begin = (
        short_day(first, language) if first.year == last.year else day(first, language)
    )
    return f"{begin}–{day(last, language)}"
