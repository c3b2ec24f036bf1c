"""What the watched folder may do without a person."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from koulutie.intake.queries.desks import Desk
from koulutie.intake.queries.profiles import profiles
from koulutie.registry.models import School


class FolderForm(forms.Form):
    """The rule of one folder."""

    school = forms.ModelChoiceField(
        label=_("Folder"), queryset=School.objects.none(), required=False
    )
    profile = forms.ChoiceField(label=_("Layout"), required=False)
    accepts = forms.BooleanField(
        label=_("Take in without a person"),
        required=False,
        help_text=_(
            "Only where every mark type has a meaning and nothing has to be looked at. "
            "All else waits for a person."
        ),
    )

    def __init__(self, *args: Any, desk: Desk, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        school = self.fields["school"]
        assert isinstance(school, forms.ModelChoiceField)
        school.queryset = desk.schools
        school.required = not desk.is_whole
        school.empty_label = _("inbox (several schools)")
        layout = self.fields["profile"]
        assert isinstance(layout, forms.ChoiceField)
        layout.choices = layout_choices(desk)


def layout_choices(desk: Desk) -> list[tuple[str, Any]]:
    """Return the layouts to choose from; the first is to find it out."""
    language = get_language() or "en"
    known = sorted(profiles(desk.municipality).items())
    named = [(name, one.title.in_language(language)) for name, one in known]
    return [("", _("Find it out")), *named]
