"""Accounts: who somebody is, how they prove it, and what of theirs is open."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "koulutie.accounts"
    label = "accounts"
