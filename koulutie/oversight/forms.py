"""Forms of oversight: searching the log, giving it out, opening with a reason, grants."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from koulutie import catalog
from koulutie.core.definitions.roles import ScopeKind
from koulutie.oversight.models import LogRelease
from koulutie.registry.actions.glass import LONGEST_REASON, SHORTEST_REASON
from koulutie.registry.models import Person, School, SchoolClass
from koulutie.ui.words import ACTIONS, KINDS, PURPOSES

LONGEST_SEARCH = timedelta(days=370)  # days in one search of the log
A_WEEK = timedelta(days=7)
SHORTEST_WORD = 3  # letters of a name; fewer would list half a school


class DateInput(forms.DateInput):
    """The browser's own date picker."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class ReasonField(forms.CharField):
    """A reason that somebody can judge later."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            min_length=SHORTEST_REASON,
            max_length=LONGEST_REASON,
            widget=forms.Textarea(attrs={"rows": 3}),
            **options,
        )


class SearchForm(forms.Form):
    """What to look for in the access log. It is sent, never put into an address."""

    first = forms.DateField(label=_("From"), widget=DateInput())
    last = forms.DateField(label=_("To"), widget=DateInput())
    person = forms.ChoiceField(label=_("Who opened"), required=False)
    pupil = forms.IntegerField(
        label=_("Pupil’s number"),
        required=False,
        min_value=1,
        help_text=_("The number in the address of the pupil’s page."),
    )
    kind = forms.ChoiceField(
        label=_("How"), required=False, choices=[("", _("Any way")), *KINDS.items()]
    )
    action = forms.ChoiceField(
        label=_("What"), required=False, choices=[("", _("Anything")), *ACTIONS.items()]
    )

    def __init__(self, *args: Any, people: Iterable[Person], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = self.fields["person"]
        assert isinstance(chosen, forms.ChoiceField)
        chosen.choices = [
            ("", _("Anybody")),
            *((str(one.pk), f"{one.last_name} {one.first_name}") for one in people),
        ]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        _check_days(self, data, longest=LONGEST_SEARCH)
        return data


class ReleaseForm(forms.Form):
    """Giving one pupil's log out of the house."""

    first = forms.DateField(label=_("From"), widget=DateInput())
    last = forms.DateField(label=_("To"), widget=DateInput())
    kind = forms.ChoiceField(
        label=_("File"),
        choices=[
            (LogRelease.FileKind.HTML, _("A page to read and print (HTML)")),
            (LogRelease.FileKind.CSV, _("A table (CSV)")),
        ],
        widget=forms.RadioSelect,
        initial=LogRelease.FileKind.HTML,
    )
    names_staff = forms.BooleanField(
        label=_("Tell the names of staff, not only their roles"), required=False
    )
    reason = ReasonField(
        label=_("Who asked, and on what ground it is given"),
        help_text=_("Kept with the release. Do not write about the pupil’s matters."),
    )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        _check_days(self, data, longest=None)
        return data


class FindForm(forms.Form):
    """Words of a pupil's name."""

    name = forms.CharField(
        label=_("Name"),
        max_length=100,
        help_text=_(
            "At least three letters of the first or the last name, or of both."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if not any(len(word) >= SHORTEST_WORD for word in name.split()):
            raise forms.ValidationError(_("Write at least three letters of one name."))
        return name


class OpenForm(forms.Form):
    """Why somebody needs to see a pupil outside their scope."""

    reason = ReasonField(
        label=_("Why you need to see this pupil now"),
        help_text=_(
            "The principal of the pupil’s school and the data-protection officer read this."
        ),
    )


class PersonField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not at run time
    """Somebody of the staff, by last name."""

    def label_from_instance(self, obj: Person) -> str:
        return f"{obj.last_name} {obj.first_name}"


class GrantForm(forms.Form):
    """A role for somebody: over what, for what, from when to when, why."""

    person = PersonField(
        label=_("Who"), queryset=Person.objects.none(), empty_label=_("Choose a person")
    )
    role = forms.ChoiceField(label=_("Role"))
    place = forms.ChoiceField(label=_("Over what"))
    pupil = forms.IntegerField(
        label=_("Pupil’s number"),
        required=False,
        min_value=1,
        help_text=_(
            "Only for a role over one pupil: the number in the address of the page."
        ),
    )
    purposes = forms.MultipleChoiceField(
        label=_("For what"),
        required=False,
        choices=list(PURPOSES.items()),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: everything that the role is for."),
    )
    valid_from = forms.DateField(label=_("From"), widget=DateInput())
    valid_to = forms.DateField(
        label=_("Last day"),
        required=False,
        widget=DateInput(),
        help_text=_("Empty: until it is ended."),
    )
    reason = ReasonField(
        label=_("Why"), help_text=_("Shown to whoever asks who can see a pupil.")
    )

    def __init__(
        self,
        *args: Any,
        people: Iterable[Person],
        places: Iterable[tuple[str, str]],
        language: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        person, role, place = (
            self.fields[name] for name in ("person", "role", "place")
        )
        assert isinstance(person, forms.ModelChoiceField)
        assert isinstance(role, forms.ChoiceField)
        assert isinstance(place, forms.ChoiceField)
        person.queryset = Person.objects.filter(
            pk__in=[one.pk for one in people]
        ).order_by("last_name", "first_name")
        role.choices = _role_choices(language)
        place.choices = list(places)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        _check_days(self, data, names=("valid_from", "valid_to"), longest=None)
        if data.get("place") == ScopeKind.PUPIL and not data.get("pupil"):
            self.add_error("pupil", _("Write the number of the pupil."))
        return data


class GrantFilter(forms.Form):
    """Which grants to list. Nothing here is about a pupil, so it may stand in an address."""

    role = forms.ChoiceField(label=_("Role"), required=False)

    def __init__(self, *args: Any, language: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        role = self.fields["role"]
        assert isinstance(role, forms.ChoiceField)
        role.choices = [("", _("All roles")), *_role_choices(language)]


class EndForm(forms.Form):
    """The first day on which a grant no longer holds."""

    on = forms.DateField(label=_("Does not hold from"), widget=DateInput())

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_on(self) -> date:
        on: date = self.cleaned_data["on"]
        if on < self.today:
            raise forms.ValidationError(
                _("Choose today or a later day: what was open stays told as it was.")
            )
        return on


def places_of(
    *,
    municipalities: Iterable[tuple[int, str]],
    schools: Iterable[School],
    classes: Iterable[SchoolClass],
    pupil: str,
) -> list[tuple[str, Any]]:
    """Return what a role can be given over, as ``class:3`` and its name."""
    return [
        ("", _("Choose")),
        *((f"{ScopeKind.MUNICIPALITY}:{pk}", name) for pk, name in municipalities),
        *((f"{ScopeKind.SCHOOL}:{one.pk}", one.name) for one in schools),
        *(
            (f"{ScopeKind.SCHOOL_CLASS}:{one.pk}", f"{one.code}, {one.school.name}")
            for one in classes
        ),
        (str(ScopeKind.PUPIL), pupil),
    ]


def _role_choices(language: str) -> list[tuple[str, str]]:
    roles = catalog.current().roles.roles
    return [(one.id, one.title.in_language(language)) for one in roles]


def _check_days(
    form: forms.Form,
    data: dict[str, Any],
    *,
    longest: timedelta | None,
    names: tuple[str, str] = ("first", "last"),
) -> None:
    first: date | None = data.get(names[0])
    last: date | None = data.get(names[1])
    if first is None or last is None:
        return
    if last < first:
        form.add_error(names[1], _("Choose a day that is not before the first one."))
    elif longest is not None and last - first > longest:
        form.add_error(names[1], _("Search at most one year at a time."))
