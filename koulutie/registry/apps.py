"""The registry: who and where. The only room that holds names of persons."""

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    name = "koulutie.registry"
    label = "registry"
