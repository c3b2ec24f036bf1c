"""Say what the columns of a file are; kept as a layout, so it is asked once."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

import yaml
from django import forms
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from koulutie.core.definitions import DefinitionProblems, parse_profile
from koulutie.core.definitions.profile import FIELDS, Rows
from koulutie.intake.models import Batch
from koulutie.intake.queries.layout import Peek, guesses

FIELD_NAMES = {
    "pupil_key": _("pupil's number"),
    "school_number": _("school's number"),
    "class_code": _("class"),
    "date": _("date"),
    "start_minute": _("start of the lesson"),
    "end_minute": _("end of the lesson"),
    "lesson_no": _("number of the lesson"),
    "minutes": _("minutes"),
    "group_code": _("teaching group"),
    "subject_code": _("subject"),
    "teacher_code": _("teacher's code"),
    "type_name": _("mark type, in words"),
    "type_key": _("mark type, its number or code"),
    "is_cleared": _("cleared"),
    "version_at": _("last changed"),
    "source_mark_id": _("mark's own number"),
    "lessons": pgettext_lazy("column", "lessons"),
    "is_cancelled": _("lesson cancelled"),
    "is_kept": _("register kept"),
    "learner_oid": _("learner number"),
    "hetu": _("personal identity code"),
    "first_name": _("first name"),
    "last_name": _("last name"),
    "school_name": _("school's name"),
    "grade": _("grade"),
    "language": _("language"),
    "from_": _("first day"),
    "to": _("day after the last"),
    "is_protected": _("protected identity"),
    "person_role": _("pupil, guardian or staff"),
    "staff_role": _("role of staff"),
    "related_keys": _("pupils of a guardian"),
}


class LayoutForm(forms.Form):
    """Which field each column is, and what one row stands for."""

    title = forms.CharField(
        label=_("Name of the layout"),
        max_length=60,
        help_text=_("So that you know it again, such as “Lesson marks from Primus”."),
    )
    rows = forms.ChoiceField(
        label=_("What one row is"),
        choices=[
            (Rows.MARKS.value, _("a lesson mark")),
            (Rows.OFFERED.value, _("an offered lesson")),
            (Rows.ROSTER.value, _("a pupil, guardian or member of staff")),
        ],
    )
    source_db = forms.CharField(
        label=_("Source"),
        max_length=60,
        initial="primus",
        help_text=_(
            "The database that the pupils' numbers come from. Marks and rosters of one "
            "database must name it the same way."
        ),
    )
    has_header = forms.BooleanField(
        label=_("The first row names the columns"), required=False, initial=True
    )

    def __init__(self, *args: Any, batch: Batch, peek: Peek, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.batch, self.peek = batch, peek
        guessed = guesses(batch, peek.names)
        for number, name in enumerate(peek.names):
            self.fields[f"column_{number}"] = forms.ChoiceField(
                label=name or f"#{number + 1}",
                required=False,
                choices=[("", _("left out")), *FIELD_NAMES.items()],
                initial=guessed.get(name, ""),
            )

    def columns(self) -> Iterator[tuple[str, list[str], forms.BoundField]]:
        """Yield each column's name, its first values and its choice."""
        for number, name in enumerate(self.peek.names):
            yield name, self.peek.examples(number), self[f"column_{number}"]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if self.errors:
            return data
        for sentence in self._problems(data):
            self.add_error(None, sentence)
        return data

    def _problems(self, data: dict[str, Any]) -> Iterator[str]:
        """Yield what is still wrong with the layout, in the reader's language."""
        chosen = [field for field in self._chosen(data).values() if field]
        strange = set(chosen) - set(FIELDS[Rows(data["rows"])])
        for field in sorted(strange):
            yield gettext(
                "A row of this kind has no “%(field)s”. Leave the column out."
            ) % {"field": FIELD_NAMES[field]}
        for field in sorted({one for one in chosen if chosen.count(one) > 1}):
            yield gettext("Two columns are “%(field)s”. Choose one of them.") % {
                "field": FIELD_NAMES[field]
            }
        if strange or len(chosen) != len(set(chosen)):
            return
        try:
            parse_profile(yaml.safe_dump(self._definition(data)), where="layout")
        except DefinitionProblems:
            yield gettext(
                "A mark needs a pupil's number, a date and the type in words; an offered "
                "lesson a class or pupil and a date; a roster a number and a last name."
            )

    def _chosen(self, data: dict[str, Any]) -> dict[str, str]:
        names = self._names(data)
        return {
            name: data.get(f"column_{number}", "") for number, name in enumerate(names)
        }

    def _names(self, data: dict[str, Any]) -> list[str]:
        """Return the columns' names: the file's own, or numbers where it has none."""
        if data["has_header"]:
            return list(self.peek.names)
        return [f"column {number}" for number in range(1, len(self.peek.names) + 1)]

    def definition(self) -> dict[str, object]:
        """Return the layout of a valid form, as a `MappingProfile` is written."""
        return self._definition(self.cleaned_data)

    def _definition(self, data: dict[str, Any]) -> dict[str, object]:
        chosen = self._chosen(data)
        languages = ("fi", "sv", "en")
        definition: dict[str, object] = {
            "id": slug(data["title"]),
            "version": "1",
            "title": dict.fromkeys(languages, data["title"]),
            "description": dict.fromkeys(languages, data["title"]),
            "format": self.peek.format.value,
            "rows": data["rows"],
            "source_db": data["source_db"],
            "columns": {name: field for name, field in chosen.items() if field},
            "ignored": [name for name, field in chosen.items() if not field and name],
        }
        if not data["has_header"]:
            definition["header"] = self._names(data)
        return definition


def slug(title: str) -> str:
    """Return an id of small letters, digits and dashes that begins with a letter."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    words = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")
    return words if re.match(r"[a-z]", words) else f"own-{words or 'layout'}"
