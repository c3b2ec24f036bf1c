"""Numbers and days as each language writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from koulutie.ui import formats


@pytest.mark.parametrize(
    ("value", "fi", "en"),
    [
        (0, "0", "0"),
        (31, "31", "31"),
        (7.45, "7,5", "7.5"),
        (-3, "−3", "−3"),
        (1234567.0, "1\u202f234\u202f567", "1,234,567"),
        (0.25, "0,3", "0.3"),
        (-0.04, "0,0", "0.0"),
        (None, "–", "–"),
    ],
)
def test_numbers(value: float | None, fi: str, en: str) -> None:
    assert formats.number(value, "fi") == fi
    assert formats.number(value, "sv") == fi
    assert formats.number(value, "en") == en


def test_percent_keeps_its_sign_beside_the_number() -> None:
    assert formats.percent(0.123, "fi") == "12,3\u00a0%"
    assert formats.percent(0.123, "sv") == "12,3\u00a0%"
    assert formats.percent(0.123, "en") == "12.3%"
    assert formats.percent(1, "en", decimals=0) == "100%"
    assert formats.percent(None, "fi") == "–"


@given(st.floats(-1e9, 1e9), st.integers(0, 3))
def test_a_number_reads_back_as_itself_within_rounding(
    value: float, decimals: int
) -> None:
    text = formats.number(value, "fi", decimals=decimals)
    back = float(text.replace("\u202f", "").replace(",", ".").replace("−", "-"))
    assert abs(back - value) <= 0.5 * 10**-decimals + 1e-6


def test_days() -> None:
    day = date(2026, 11, 24)
    assert formats.day(day, "fi") == formats.day(day, "sv") == "24.11.2026"
    assert formats.day(day, "en") == "24\u00a0Nov 2026"
    assert formats.short_day(day, "fi") == "24.11."
    assert formats.weekday_and_day(day, "fi") == "ti\u00a024.11."
    assert formats.weekday_and_day(day, "sv") == "ti\u00a024.11."
    assert formats.weekday_and_day(day, "en") == "Tue\u00a024\u00a0Nov"
    assert formats.day(None, "fi") == "–"


def test_clock() -> None:
    nine = datetime(2026, 11, 24, 9, 5, tzinfo=UTC)
    assert formats.clock(nine, "fi") == "9.05"
    assert formats.clock(nine, "en") == "9:05"


def test_a_span_says_the_year_once() -> None:
    assert formats.span(date(2026, 8, 10), date(2026, 8, 14), "fi") == "10.8.–14.8.2026"
    assert (
        formats.span(date(2025, 12, 29), date(2026, 1, 2), "fi")
        == "29.12.2025–2.1.2026"
    )
    assert formats.span(date(2026, 8, 10), date(2026, 8, 10), "fi") == "10.8.2026"


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_every_language_names_everything(language: str) -> None:
    assert len(formats.WEEKDAYS[language]) == 7
    assert len(formats.LONG_WEEKDAYS[language]) == 5
    assert len(formats.ON_WEEKDAYS[language]) == 5
    assert len(formats.SHORT_MONTHS[language]) == 12
