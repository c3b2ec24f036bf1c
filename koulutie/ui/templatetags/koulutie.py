"""Filters and tags that every template may use without loading them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, ngettext

from koulutie import catalog
from koulutie.core.definitions.base import LocalText
from koulutie.core.errors import DomainError
from koulutie.core.marks import Kind
from koulutie.ui import context as page_frame
from koulutie.ui import formats, glyphs

register = template.Library()


def language() -> str:
    """Return the language in which this page is written."""
    return (get_language() or "en")[:2]


# --- numbers --------------------------------------------------------------------------------


@register.filter
def number(value: float | str | None, decimals: int | None = None) -> str:
    """``{{ 1234.5|number }}`` -> 1 234,5

    A template hands over an empty text for what is not there, such as a count of a file
    that nobody has read yet.
    """
    known = None if isinstance(value, str) else value
    return formats.number(known, language(), decimals=decimals)


@register.filter
def percent(share: float | None, decimals: int = 1) -> str:
    """``{{ 0.123|percent }}`` -> 12,3 %; the value is a share from 0 to 1."""
    return formats.percent(share, language(), decimals=decimals)


@register.filter
def unit(value: float | None, name: str) -> str:
    """``{{ 31|unit:"lessons" }}`` -> 31 lessons; names as in the indicators' files."""
    if value is None:
        return formats.UNKNOWN
    if name == "share":
        return percent(value)
    text = number(value)
    n = abs(round(value)) if float(value).is_integer() else 2
    match name:
        case "lessons":
            return ngettext("%(n)s lesson", "%(n)s lessons", n) % {"n": text}
        case "hours":
            return ngettext("%(n)s hour", "%(n)s hours", n) % {"n": text}
        case "days":
            return ngettext("%(n)s day", "%(n)s days", n) % {"n": text}
        case "school_days":
            return ngettext("%(n)s school day", "%(n)s school days", n) % {"n": text}
        case "marks":
            return ngettext("%(n)s mark", "%(n)s marks", n) % {"n": text}
        case "pupils":
            return ngettext("%(n)s pupil", "%(n)s pupils", n) % {"n": text}
        case "percent":
            return percent(value / 100)
        case _:
            return text


@register.filter
def plain(value: float) -> str:
    """``{{ 0.5|plain }}`` -> 0.5 in every language: for attributes and identifiers."""
    return str(value)


# --- days -----------------------------------------------------------------------------------


@register.filter
def day(value: date | None) -> str:
    """``{{ task.due_on|day }}`` -> 24.11.2026"""
    return formats.day(local_day(value), language())


@register.filter
def short_day(value: date | None) -> str:
    """``{{ task.due_on|short_day }}`` -> 24.11."""
    return formats.short_day(local_day(value), language())


@register.filter
def weekday(value: date | int) -> str:
    """``{{ 0|weekday }}`` -> ma; also of a date."""
    return formats.weekday(value, language())


@register.filter
def weekday_and_day(value: date | None) -> str:
    """``{{ task.due_on|weekday_and_day }}`` -> ti 24.11."""
    return formats.weekday_and_day(local_day(value), language())


@register.filter
def moment(value: datetime | None) -> str:
    """``{{ batch.received_at|moment }}`` -> 24.11.2026 klo 9.30, in Finnish time."""
    if value is None:
        return formats.UNKNOWN
    here = timezone.localtime(value)
    return gettext("%(day)s at %(time)s") % {
        "day": formats.day(here, language()),
        "time": formats.clock(here, language()),
    }


@register.filter
def clock_time(value: datetime) -> str:
    """``{{ opened.ends_at|clock_time }}`` -> 12.05, in Finnish time."""
    return formats.clock(timezone.localtime(value), language())


def local_day(value: date | None) -> date | None:
    """Return the Finnish day of a moment; days stay as they are."""
    return timezone.localtime(value) if isinstance(value, datetime) else value


# --- words ----------------------------------------------------------------------------------


@register.filter
def local(text: LocalText | None) -> str:
    """``{{ indicator.title|local }}``: a definition's own text in the page's language."""
    return text.in_language(language()) if text is not None else ""


@register.filter
def kind_name(kind: str) -> str:
    """``{{ mark.kind|kind_name }}``: what a kind of mark is called."""
    if kind == glyphs.ABSENCE:
        return gettext("Absence")
    kinds = catalog.current().mark_kinds.by_kind
    return kinds[Kind(kind)].title.in_language(language())


@register.filter
def role_name(role: str) -> str:
    """``{{ task.role|role_name }}``: what a role, or a party of a ladder, is called."""
    roles = catalog.current().roles
    known = roles.by_id.get(role) or roles.party_by_id.get(role)
    return known.title.in_language(language()) if known else role


@register.filter
def sentence(error: DomainError) -> str:
    """``{{ problem|sentence }}``: a refusal or warning in the page's language."""
    text = gettext(error.message)
    return text % error.params if error.params else text


# --- addresses and drawings -----------------------------------------------------------------


@register.simple_tag(takes_context=True)
def query(context: template.Context, **changes: object) -> str:
    """``{% query page=2 sort=None %}``: this page's query with changes; None takes away."""
    values = context["request"].GET.copy()
    for name, value in changes.items():
        values.pop(name, None)
        if value not in (None, ""):
            values[name] = str(value)
    return f"?{values.urlencode()}" if values else "?"


@register.simple_tag(takes_context=True)
def way_to(context: template.Context, route: str, *args: object) -> str:
    """``{% way_to "oversight:readers" 17 as url %}``: empty where it is not open at all."""
    return page_frame.way_to(context["request"], route, *args)


@register.simple_tag
def icon(name: str) -> SafeString:
    """``{% icon "check" %}``: a decorative icon of the sprite; the words stand beside it."""
    return format_html(
        '<svg class="icon" width="20" height="20" aria-hidden="true" focusable="false">'
        '<use href="{}#{}"></use></svg>',
        static("ui/icons.svg"),
        name,
    )


@register.simple_tag
def stairs(step: int, steps: int) -> SafeString:
    """``{% stairs 2 5 %}``: how high on a ladder; the step's name stands beside it."""
    return glyphs.stairs(step, steps)


@register.simple_tag
def weekday_bars(shares: Sequence[float | None]) -> SafeString:
    """``{% weekday_bars shares %}``: absence by weekday, Monday first; null: not known."""
    return glyphs.weekday_bars(shares, language())


@register.simple_tag
def class_bar(counts: glyphs.Counts, of: float) -> SafeString:
    """``{% class_bar counts longest %}``: lessons by class of absence, on one scale."""
    return glyphs.class_bar(counts, of)


@register.simple_tag
def share_bar(share: float | None) -> SafeString:
    """``{% share_bar coverage %}``: a share from 0 to 1 as a short bar."""
    return glyphs.share_bar(share)


@register.simple_tag
def swatch(kind: str) -> SafeString:
    """``{% swatch "absence_health" %}``: the colour of a class of absence, for legends."""
    return glyphs.swatch(kind)
