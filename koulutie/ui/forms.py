"""How every Django form is drawn: our field, our error summary, our choices."""

from __future__ import annotations

from pathlib import Path

import django.forms
from django import forms
from django.forms.renderers import DjangoTemplates
from django.template.backends.django import DjangoTemplates as Backend
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

OURS = Path(__file__).parent / "templates"
DJANGOS = Path(django.forms.__file__).parent / "templates"


class Renderer(DjangoTemplates):
    """Looks for a widget's template among ours first, then among Django's."""

    form_template_name = "ui/forms/form.html"
    field_template_name = "ui/forms/field.html"

    @cached_property
    def engine(self) -> Backend:
        return Backend(
            {
                "APP_DIRS": False,
                "DIRS": [OURS, DJANGOS],
                "NAME": "koulutie-forms",
                "OPTIONS": {"builtins": ["koulutie.ui.templatetags.koulutie"]},
            }
        )


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
