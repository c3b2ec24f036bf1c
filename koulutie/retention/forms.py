"""Forms of retention: a pupil's number, a reason that somebody can judge later."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

SHORTEST_REASON = 15  # characters; "because" is no reason
LONGEST_REASON = 300


class NumberForm(forms.Form):
    """Which pupil; the number is sent and never stands in the form's address."""

    pupil = forms.IntegerField(
        label=_("Pupil’s number"),
        min_value=1,
        help_text=_("The number in the address of the pupil’s page."),
    )


class EraseForm(forms.Form):
    """Why a pupil is to be erased."""

    reason = forms.CharField(
        label=_("Why, and who asked"),
        min_length=SHORTEST_REASON,
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "Whoever confirms reads this. Do not write the pupil’s name: the reason is "
            "blanked when the pupil is erased."
        ),
    )


class GiveForm(forms.Form):
    """Why a pupil's data are given out."""

    reason = forms.CharField(
        label=_("Who asked, and how you know who they are"),
        min_length=SHORTEST_REASON,
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Kept with the event. Do not write about the pupil’s matters."),
    )
