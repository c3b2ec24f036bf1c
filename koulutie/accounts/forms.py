"""Forms of the door."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from koulutie.accounts.models import GuardianLink
from koulutie.registry.models import Guardian, Person, Pupil


class SignIn(forms.Form):
    """The name and password of a local account."""

    username = forms.CharField(
        label=_("User name"),
        max_length=150,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "username",
                "autocapitalize": "none",
                "spellcheck": "false",
            }
        ),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=256,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class CodeForm(forms.Form):
    """A code of an authenticator app, or one from the paper."""

    code = forms.CharField(
        label=_("Code"),
        max_length=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "spellcheck": "false"}
        ),
    )


class PasswordForm(forms.Form):
    """The password once more, before something that would change how to get in."""

    password = forms.CharField(
        label=_("Password"),
        max_length=256,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class PersonField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not at run time
    """Somebody of the staff, by last name."""

    def label_from_instance(self, obj: Person) -> str:
        return f"{obj.last_name} {obj.first_name}"


class TieForm(forms.Form):
    """Whose sign-in waits with a code."""

    code = forms.CharField(
        label=_("Code"),
        max_length=20,
        help_text=_("Eight letters and numbers from the page “No access yet”."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    person = PersonField(
        label=_("Whose it is"),
        queryset=Person.objects.none(),
        empty_label=_("Choose a person"),
    )

    def __init__(self, *args: Any, people: Iterable[Person], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        person = self.fields["person"]
        assert isinstance(person, forms.ModelChoiceField)
        person.queryset = Person.objects.filter(
            pk__in=[one.pk for one in people]
        ).order_by("last_name", "first_name")


class ContextForm(forms.Form):
    """The role and place to act in."""

    context = forms.ChoiceField(
        label=_("I act now as"), widget=forms.RadioSelect, choices=()
    )

    def __init__(
        self, *args: Any, choices: Iterable[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["context"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list(choices)


ABOUT: dict[str, Any] = {
    GuardianLink.About.TALK: _("Talking with the school"),
    GuardianLink.About.SURVEY: _("Answering a survey"),
}


class GuardianField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not at run time
    """A guardian, by last name."""

    def label_from_instance(self, obj: Guardian) -> str:
        return f"{obj.last_name} {obj.first_name}"


class LinkForm(forms.Form):
    """For whom a link is, and for what."""

    guardian = GuardianField(
        label=_("Guardian"),
        queryset=Guardian.objects.none(),
        empty_label=_("Choose a guardian"),
    )
    about = forms.ChoiceField(label=_("For what"), choices=list(ABOUT.items()))

    def __init__(self, *args: Any, pupil: Pupil, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        guardian = self.fields["guardian"]
        assert isinstance(guardian, forms.ModelChoiceField)
        guardian.queryset = pupil.guardians.order_by("last_name", "first_name")
