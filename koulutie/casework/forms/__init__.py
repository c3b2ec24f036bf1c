"""Forms of casework."""

from koulutie.casework.forms.notes import NoteForm, WithdrawForm
from koulutie.casework.forms.reaction import ReactionForm

__all__ = ["NoteForm", "ReactionForm", "WithdrawForm"]
