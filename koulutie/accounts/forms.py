"""Forms of the door."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from koulutie.registry.models import Person


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
