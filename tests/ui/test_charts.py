"""Charts say what they draw, in the reader's language, and fetch nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest
from django.utils import translation
from lxml import etree

from koulutie.core.errors import Fault
from koulutie.core.marks import Kind
from koulutie.ui import charts, tokens
from koulutie.ui.charts import bars

MONDAY = date(2026, 8, 10)


@dataclass(frozen=True)
class Week:
    monday: date
    lessons: dict[str, float] = field(default_factory=dict)
    school_days: int = 5


def some_weeks() -> list[Week]:
    """Four weeks: calm, 3 lessons, none for want of school, 6 lessons of two classes."""
    lessons: list[dict[str, float]] = [
        {},
        {Kind.HEALTH: 3},
        {},
        {Kind.HEALTH: 4, Kind.UNRESOLVED: 2},
    ]
    return [
        Week(MONDAY + timedelta(weeks=number), own, 0 if number == 2 else 5)
        for number, own in enumerate(lessons)
    ]


def weekly(weeks: list[Week], language: str = "en") -> charts.Figure:
    with translation.override(language):
        figure = charts.weekly_absence(weeks, language=language)
    assert figure is not None
    return figure


def fills(svg: str) -> list[str]:
    root = etree.fromstring(svg.encode())
    values = [node.get("fill", "") for node in root.iter()]
    return [value for value in values if value.startswith("var(")]


def test_the_finding_begins_with_what_went_well() -> None:
    assert weekly(some_weeks()).finding == (
        "1 of 3 school weeks without absence. 9 absent lessons, most of them (6) in the "
        "week of 31\u00a0Aug."
    )


def test_no_absence_is_said_so() -> None:
    figure = weekly([Week(MONDAY), Week(MONDAY + timedelta(weeks=1))])
    assert figure.finding == "No absence in 2 school weeks."


def test_one_lesson_is_one_lesson() -> None:
    figure = weekly([Week(MONDAY, {Kind.HEALTH: 1}), Week(MONDAY + timedelta(weeks=1))])
    assert figure.finding.startswith(
        "1 of 2 school weeks without absence. 1 absent lesson,"
    )


def test_the_table_holds_what_is_drawn() -> None:
    figure = weekly(some_weeks())
    assert [text for text, _ in figure.columns] == [
        "Week",
        "Health-related absence",
        "Unresolved absence",
        "Total",
    ]
    assert [row[1:] for row in figure.rows] == [
        ("0", "0", "0"),
        ("3", "0", "3"),
        ("", "", "no school"),
        ("4", "2", "6"),
    ]


def test_without_causes_there_is_one_class() -> None:
    figure = weekly([Week(MONDAY, {"absence": 5})])
    assert figure.kinds == ("absence",)
    assert figure.columns[1] == ("Absence", True)


def test_before_the_first_school_day_nothing_is_drawn() -> None:
    assert charts.weekly_absence([], language="fi") is None
    assert charts.weekly_absence([Week(MONDAY, {}, 0)], language="fi") is None


def test_bars_have_the_colours_of_their_classes() -> None:
    drawn = fills(weekly(some_weeks()).wide)
    colour = tokens.light()
    # Two weeks of health, one hollow piece, one shaded week.
    assert drawn.count(f"var(--chart-health, {colour['chart-health']})") == 2
    assert drawn.count(f"var(--chart-unresolved, {colour['chart-unresolved']})") == 1
    assert drawn.count(f"var(--chart-ground, {colour['chart-ground']})") == 1


def test_bars_are_as_high_as_their_numbers() -> None:
    root = etree.fromstring(weekly(some_weeks()).wide.encode())
    heights = [
        float(found[1])
        for path in root.iter("{*}path")
        if "chart-health" in path.get("fill", "")
        if (found := re.search(r"v([\d.]+)", str(path.attrib["d"])))
    ]
    assert heights[1] / heights[0] == pytest.approx(4 / 3, rel=1e-3)


@pytest.mark.parametrize(
    ("language", "month"), [("fi", "elo"), ("sv", "aug"), ("en", "Aug")]
)
def test_months_are_the_readers_own(language: str, month: str) -> None:
    weeks = [
        Week(date(2026, 7, 27) + timedelta(weeks=n), {Kind.HEALTH: 2}) for n in range(9)
    ]
    assert f">{month}<" in weekly(weeks, language).wide


def every_figure() -> list[charts.Figure]:
    found = [
        weekly(some_weeks()),
        charts.weekday_pattern([9, 1, 0, 2, 3.5], language="fi"),
        charts.coverage_by_class([("7A", 1.0), ("7B", None)], language="fi"),
    ]
    return [figure for figure in found if figure]


def test_drawings_bring_no_script_style_words_of_vega_or_addresses() -> None:
    assert len(every_figure()) == 3
    for figure in every_figure():
        for drawing in filter(None, (figure.wide, figure.narrow)):
            root = etree.fromstring(drawing.encode())
            names = {etree.QName(node).localname for node in root.iter()}
            assert not names & {"script", "style", "image", "use", "a", "foreignObject"}
            attributes = {
                etree.QName(name).localname
                for node in root.iter()
                for name in node.attrib
            }
            assert not attributes & {"style", "role", "class", "href"}
            assert not {name for name in attributes if name.startswith(("aria", "on"))}
            assert "http" not in drawing.replace("http://www.w3.org/", "")


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:1/rows.json", "file:///etc/hosts", "/etc/hosts"]
)
def test_a_specification_cannot_fetch(address: str) -> None:
    spec = {
        "data": {"url": address},
        "mark": "bar",
        "encoding": {"x": {"field": "a", "type": "nominal"}},
    }
    with pytest.raises(Fault):
        charts.svg(spec, "fi")


def test_ids_of_two_charts_differ() -> None:
    ids = [
        set(re.findall(r'id="([^"]+)"', figure.wide)) for figure in every_figure()[1:]
    ]
    assert not ids[0] & ids[1]


def test_paper_has_plain_colours() -> None:
    spec = bars._columns([("ma", 2.0)], top="ma", width=300)
    assert "var(" not in charts.svg_for_paper(spec, "fi")
    assert tokens.light()["chart-series"] in charts.svg_for_paper(spec, "fi")


def test_the_weekday_with_most_is_named() -> None:
    with translation.override("en"):
        figure = charts.weekday_pattern([9, 1, 0, 2, 3], language="en")
    assert figure is not None
    assert figure.finding == "Most on Mondays: 9 of 15 absent lessons."
    assert figure.rows[0] == ("Monday", "9", "60%")
    assert charts.weekday_pattern([0, 0, 0, 0, 0], language="en") is None


def test_unknown_coverage_is_not_zero() -> None:
    with translation.override("en"):
        figure = charts.coverage_by_class([("7A", 1.0), ("7B", None)], language="en")
    assert figure is not None
    assert figure.finding == "Registers are complete in 1 of 2 classes."
    assert figure.rows == (("7A", "100%"), ("7B", "–"))
    assert charts.coverage_by_class([("7A", None)], language="en") is None
