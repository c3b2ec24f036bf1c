"""The persons of the tests, by name, in a small bilingual municipality and its twin.

    Joutsenmäki                                   Toisaalla (the twin: nobody here may see it)
      Joutsenmäen koulu (fi)   7A   7B              Toisaallan koulu   7B
      Svansbacka skola (sv)    3A

Each class has two pupils; 7B has a third under protected identity.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from koulutie.registry.models import Municipality, Person, Pupil, School, SchoolClass
from tests import builders as build


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """A municipality with its schools, classes and pupils; pupils by class."""

    municipality: Municipality
    schools: dict[str, School]  # by language
    classes: dict[str, SchoolClass]  # by code
    pupils: dict[str, list[Pupil]]  # by class code


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Who is who. Every person's name is the name of the attribute."""

    home: Places
    twin: Places
    protected: Pupil  # in 7B; school and class are secret
    aino: Person  # homeroom teacher of 7B
    bjorn: Person  # class teacher of 3A in the Swedish school, reads Swedish
    cecilia: Person  # principal of the Finnish school
    daniel: Person  # main user of the municipality
    elina: Person  # education office
    farid: Person  # school coach in the Finnish school; works with one pupil of 7B
    greta: Person  # data-protection officer
    hilkka: Person  # was homeroom teacher of 7B until summer
    iris: Person  # has an account and no role
    otto: Person  # homeroom teacher of 7B in the twin

    def everybody(self) -> dict[str, Person]:
        """Return the persons by name."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {name: one for name, one in values.items() if isinstance(one, Person)}


def make_people() -> People:
    home, twin = make_home(), make_twin()
    protected = build.a_pupil(
        home.classes["7B"], "Piilo", "Turvakielto", key="k7B3", is_protected=True
    )
    school, seventh = home.schools["fi"], home.classes["7B"]
    aino = build.a_person("Aino", "Luokanvalvoja")
    bjorn = build.a_person("Björn", "Klasslärare", language="sv")
    cecilia = build.a_person("Cecilia", "Rehtori")
    daniel = build.a_person("Daniel", "Pääkäyttäjä")
    elina = build.a_person("Elina", "Sivistystoimi")
    farid = build.a_person("Farid", "Kouluvalmentaja")
    greta = build.a_person("Greta", "Tietosuoja")
    hilkka = build.a_person("Hilkka", "Entinen")
    otto = build.a_person("Otto", "Toisaallainen")
    for person, role, place in (
        (aino, "homeroom_teacher", seventh),
        (bjorn, "class_teacher", home.classes["3A"]),
        (cecilia, "principal", school),
        (daniel, "main_user", home.municipality),
        (elina, "education_office", home.municipality),
        (farid, "school_coach", school),
        (farid, "school_coach", home.pupils["7B"][0]),
        (greta, "data_protection_officer", home.municipality),
        (otto, "homeroom_teacher", twin.classes["7B"]),
    ):
        build.a_grant(person, role, place)
    build.a_grant(
        hilkka,
        "homeroom_teacher",
        seventh,
        valid_from=date(2025, 8, 1),
        valid_to=date(2026, 8, 1),
    )
    return People(
        home=home,
        twin=twin,
        protected=protected,
        aino=aino,
        bjorn=bjorn,
        cecilia=cecilia,
        daniel=daniel,
        elina=elina,
        farid=farid,
        greta=greta,
        hilkka=hilkka,
        iris=build.a_person("Iris", "Rooliton"),
        otto=otto,
    )


def make_home() -> Places:
    municipality = build.a_municipality()
    finnish = build.a_school(municipality)
    swedish = build.a_school(municipality, "10002", "Svansbacka skola", "sv")
    classes = {
        "7A": build.a_class(finnish, "7A"),
        "7B": build.a_class(finnish, "7B"),
        "3A": build.a_class(swedish, "3A"),
    }
    return Places(
        municipality=municipality,
        schools={"fi": finnish, "sv": swedish},
        classes=classes,
        pupils={code: two_pupils(one, code) for code, one in classes.items()},
    )


def make_twin() -> Places:
    municipality = build.a_municipality("902", "Toisaalla")
    school = build.a_school(municipality, "20001", "Toisaallan koulu")
    seventh = build.a_class(school, "7B")
    return Places(
        municipality=municipality,
        schools={"fi": school},
        classes={"7B": seventh},
        pupils={"7B": two_pupils(seventh, "twin")},
    )


def two_pupils(school_class: SchoolClass, prefix: str) -> list[Pupil]:
    names = (("Eeva", "Esimerkki"), ("Väinö", "Verrokki"))
    return [
        build.a_pupil(school_class, first, f"{last}-{prefix}", key=f"k{prefix}{number}")
        for number, (first, last) in enumerate(names, start=1)
    ]
