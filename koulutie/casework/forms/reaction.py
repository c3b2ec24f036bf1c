"""The reaction form: two clicks when there is no worry."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from koulutie.casework.forms.guarded import GuardedForm
from koulutie.casework.models import Reaction


class ReactionForm(GuardedForm):
    """What the adult did, how it looks now, and when to look again."""

    guarded = "note"

    outcome = forms.ChoiceField(
        label=_("How does it look?"),
        choices=Reaction.Outcome.choices,
        widget=forms.RadioSelect,
        initial=Reaction.Outcome.NO_WORRY,
    )
    talked_with_pupil = forms.BooleanField(
        label=_("I talked with the pupil"), required=False, initial=True
    )
    talked_with_guardian = forms.BooleanField(
        label=_("I was in contact with a guardian"), required=False
    )
    look_again_on = forms.DateField(
        label=_("Look again on"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("The pupil comes back to your Today on this day."),
    )
    note = forms.CharField(
        label=_("A short note"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "What was agreed, in a sentence. No diagnoses and nothing told to the "
            "student welfare services: those belong to their own records."
        ),
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        self.today = today
        super().__init__(*args, **kwargs)

    def clean_look_again_on(self) -> date | None:
        chosen: date | None = self.cleaned_data["look_again_on"]
        if chosen is not None and chosen <= self.today:
            raise forms.ValidationError(_("Choose a day after today."))
        return chosen

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        outcome = data.get("outcome")
        if outcome in {"follow_up", "not_reached"} and not data.get("look_again_on"):
            self.add_error(
                "look_again_on",
                _("Choose the day on which you look again or try again."),
            )
        talked = data.get("talked_with_pupil") or data.get("talked_with_guardian")
        if outcome in {"no_worry", "follow_up"} and not talked:
            self.add_error(
                "talked_with_pupil",
                _("Tick whom you talked with, or choose “Not reached yet”."),
            )
        return data
