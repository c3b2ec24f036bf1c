"""The forms of a note: its text, and the reason for taking it back."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from koulutie.casework.forms.guarded import GuardedForm
from koulutie.casework.models import MOST_SIGNS
from koulutie.core.definitions.note_types import NoteType, Restriction


class NoteForm(GuardedForm):
    """The text of a note, and whether it is restricted where its type leaves it open."""

    guarded = "text"

    text = forms.CharField(
        label=_("The note"),
        max_length=MOST_SIGNS,
        widget=forms.Textarea(attrs={"rows": 8}),
    )
    is_restricted = forms.BooleanField(
        label=_("Restricted: the page shows that the note exists, not what it says"),
        required=False,
    )

    def __init__(
        self, *args: Any, note_type: NoteType, is_new: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        if not is_new or note_type.restricted is not Restriction.CHOSEN:
            del self.fields["is_restricted"]


class WithdrawForm(forms.Form):
    """Why a note is taken back."""

    reason = forms.CharField(
        label=_("Why do you withdraw the note?"),
        max_length=200,
        help_text=_(
            "The reason is shown in the note's place. Do not repeat here what the note said."
        ),
    )
