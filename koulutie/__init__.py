"""Koulutie: from a school's lesson marks to the pupils an adult should meet today."""

__version__ = "0.1.0"
