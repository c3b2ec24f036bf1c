"""Send a file, with what the sender knows about it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from koulutie.intake.actions.receiving import About
from koulutie.intake.forms.folders import layout_choices
from koulutie.intake.queries.desks import Desk
from koulutie.registry.models import School


class UploadForm(forms.Form):
    """A file; what it does not say itself, the sender says."""

    file = forms.FileField(
        label=_("File"),
        help_text=_(
            "A saved attendance page of Wilma, a CSV, an Excel or ODS workbook, a roster. "
            "Nothing is taken in before you have seen it and accepted it."
        ),
        # An empty file gets the sentence of the action, like everywhere else.
        allow_empty_file=True,
    )
    school = forms.ModelChoiceField(
        label=_("School"),
        queryset=School.objects.none(),
        required=False,
        help_text=_("Where the file is about one school."),
    )
    class_code = forms.CharField(
        label=_("Class"),
        max_length=30,
        required=False,
        help_text=_("Where the file does not name it, such as 7B."),
    )
    pupil_key = forms.CharField(
        label=_("Pupil"),
        max_length=80,
        required=False,
        help_text=_(
            "For a page about one pupil: the pupil's number in the school's system."
        ),
    )
    profile = forms.ChoiceField(
        label=_("Layout"),
        required=False,
        help_text=_("Leave this to be found out, unless two layouts look alike."),
    )
    exported_at = forms.DateTimeField(
        label=_("Exported on"),
        required=False,
        widget=forms.DateTimeInput(
            attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"
        ),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        help_text=_("When the file left its source, if not today."),
    )

    def __init__(
        self,
        *args: Any,
        desk: Desk,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.municipality = desk.municipality
        school = self.fields["school"]
        assert isinstance(school, forms.ModelChoiceField)
        school.queryset = desk.schools
        school.required = not desk.is_whole
        school.empty_label = _("Several schools, or the file says it")
        layout = self.fields["profile"]
        assert isinstance(layout, forms.ChoiceField)
        layout.choices = layout_choices(desk)

    def clean_file(self) -> UploadedFile[bytes]:
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        most = settings.FILE_MEGABYTES
        if (file.size or 0) > most * 1024 * 1024:
            sentence = _(
                "The file is larger than %(megabytes)s megabytes, and was not kept. Export "
                "a shorter time or fewer schools."
            )
            raise forms.ValidationError(sentence, params={"megabytes": most})
        return file

    @property
    def file_given(self) -> UploadedFile[bytes]:
        """Return the file of a valid form."""
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        return file

    def about(self) -> About:
        """Return what the sender said, of a valid form."""
        data = self.cleaned_data
        return About(
            municipality=self.municipality,
            school=data["school"],
            class_code=data["class_code"],
            pupil_key=data["pupil_key"],
            profile=data["profile"],
            exported_at=data["exported_at"],
        )
