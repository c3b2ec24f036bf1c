"""Forms of casework."""

from koulutie.casework.forms.reaction import ReactionForm

__all__ = ["ReactionForm"]
