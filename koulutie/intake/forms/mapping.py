"""Say what mark types mean: one choice for each name, nothing chosen silently."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from koulutie import catalog
from koulutie.core.marks import Kind
from koulutie.intake.queries.desks import Desk
from koulutie.registry.models import School


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What a person chose for one type."""

    type_name: str
    kind: Kind


class MappingForm(forms.Form):
    """A choice of kind for each name; a name without a choice stays as it is.

    The names travel in the form, so that a batch that arrives meanwhile shifts nothing.
    """

    school = forms.ModelChoiceField(
        label=_("Where these meanings hold"),
        queryset=School.objects.none(),
        required=False,
    )

    def __init__(
        self,
        *args: Any,
        names: Sequence[str],
        initial_kinds: dict[str, Kind],
        desk: Desk,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        school = self.fields["school"]
        assert isinstance(school, forms.ModelChoiceField)
        school.queryset = desk.schools
        school.required = not desk.is_whole
        school.empty_label = _("In every school of the municipality")
        self.names = self._posted_names() or list(names)
        for number, name in enumerate(self.names):
            self._add(number, name, initial_kinds.get(name))

    def _posted_names(self) -> list[str]:
        """Return the names that the form was shown with, where it was sent."""
        names: list[str] = []
        while self.is_bound and (name := self.data.get(f"name_{len(names)}")):
            names.append(str(name))
        return names

    def _add(self, number: int, name: str, initial: Kind | None) -> None:
        self.fields[f"name_{number}"] = forms.CharField(
            max_length=300, initial=name, widget=forms.HiddenInput
        )
        self.fields[f"kind_{number}"] = forms.ChoiceField(
            label=name, choices=kind_choices(), required=False, initial=initial or ""
        )

    def rows(self) -> Iterator[tuple[str, forms.BoundField, forms.BoundField]]:
        """Yield each name with its hidden field and its choice."""
        for number, name in enumerate(self.names):
            yield name, self[f"name_{number}"], self[f"kind_{number}"]

    def chosen(self) -> Iterator[Chosen]:
        """Yield what was chosen, of a valid form."""
        for number in range(len(self.names)):
            kind = self.cleaned_data[f"kind_{number}"]
            if kind:
                name = self.cleaned_data[f"name_{number}"]
                yield Chosen(type_name=name, kind=Kind(kind))


def kind_choices() -> list[tuple[Any, Any]]:
    """Return the kinds to choose from, in the reader's language, absences first."""
    kinds = catalog.current().mark_kinds.kinds
    language = get_language() or "en"
    named = [
        (one.kind.value, one.title.in_language(language), one.is_absence)
        for one in kinds
    ]
    return [
        ("", _("– not decided –")),
        (_("Absences"), [(kind, title) for kind, title, absent in named if absent]),
        (_("All else"), [(kind, title) for kind, title, absent in named if not absent]),
    ]
