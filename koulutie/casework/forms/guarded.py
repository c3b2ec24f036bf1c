"""Free text about a pupil: what looks like another register's content is asked about once.

The browser warns while somebody types (static/casework/guard.js); this is the same guard
on the server, which also works without scripts. It never keeps anybody from saving.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from koulutie import catalog
from koulutie.core.definitions.word_list import Found

LOOK_AGAIN = _(
    "Some words look like they belong to another record. Read the advice, then change the "
    "text or save it as it is."
)


class GuardedForm(forms.Form):
    """A form whose field `guarded` is held against the word list."""

    guarded: ClassVar[str]
    words_url = reverse_lazy("casework:words")
    found: tuple[Found, ...] = ()

    @property
    def guarded_id(self) -> str:
        """Return the id of the text's control, for the script."""
        return self[self.guarded].id_for_label

    @property
    def found_ids(self) -> str:
        """Return the subjects found, as the checkbox sends them back."""
        return ",".join(one.subject.id for one in self.found)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        text = data.get(self.guarded) or ""
        self.found = catalog.current().word_list.find(text)
        seen = set(str(self.data.get("seen", "")).split(","))
        if {one.subject.id for one in self.found} - seen:
            self.add_error(self.guarded, LOOK_AGAIN)
        return data
