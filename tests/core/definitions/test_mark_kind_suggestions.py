"""The kind that a type's name suggests, on the words that schools really use."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from koulutie import catalog
from koulutie.core.definitions.mark_kinds import MarkKinds
from koulutie.core.marks import ABSENCES, Kind

# Words of schools as collected from their public pages; None where a name is not clear.
LOCAL: dict[str, dict[str, Kind | None]] = {
    "Kontiolahti": {
        "Selvitettävä": Kind.UNRESOLVED,
        "Selvitetty poissaolo": Kind.OTHER_EXPLAINED,
        "Sairas": Kind.HEALTH,
        "Luvaton poissaolo": Kind.UNAUTHORISED,
        "Sote": Kind.HEALTH,
        "Jälki-istunto": Kind.FEEDBACK_CORRECTIVE,
    },
    "Merikoski, Oulu": {
        "Luvallinen sairauspoissaolo": Kind.HEALTH,
        "Luvallinen poissaolo oppitunnin alusta": Kind.OTHER_EXPLAINED,
        "Koulun hyväksymä poissaolo": Kind.PREAPPROVED,
        "Koulun hyväksymä": Kind.PREAPPROVED,
        "Luvaton poissaolo": Kind.UNAUTHORISED,
    },
    "Mieskonmäki, Joutsa": {
        "Selvittämätön": Kind.UNRESOLVED,
        "Selvitetty syy: mikä?": Kind.OTHER_EXPLAINED,
        "Myöhästyminen": Kind.LATE_SHORT,
        "Sairas": Kind.HEALTH,
        "Luvaton": Kind.UNAUTHORISED,
    },
    "Nurmijärvi": {
        "Selvitettävä poissaolo": Kind.UNRESOLVED,
        "luvallinen": Kind.OTHER_EXPLAINED,
        "luvaton": Kind.UNAUTHORISED,
    },
    "a school on peda.net": {
        "Lupa": Kind.PREAPPROVED,
        "Luokittelematon poissaolo": Kind.UNRESOLVED,
    },
    "an older set": {
        "Poissaolo (Selvitä)": Kind.UNRESOLVED,
        "Luvallinen poissaolo - Terveydellinen": Kind.HEALTH,
        "Luvallinen poissaolo - Koulun antamalla luvalla": Kind.PREAPPROVED,
        "Luvallinen poissaolo - Muu syy": Kind.OTHER_EXPLAINED,
        "Muu koulun toiminta": Kind.PRESENT_ELSEWHERE,
        "Käy katsomassa Wilmassa": None,
    },
    "Espoo": {
        "Luvallinen – terveydellinen": Kind.HEALTH,
        "Luvallinen – koulun luvalla": Kind.PREAPPROVED,
        "Opettajan kommentti (Käy katsomassa Wilmassa)": None,
        "Tuntityöskentely aktiivista": Kind.FEEDBACK_POSITIVE,
        "Tuntityöskentely parantunut": Kind.FEEDBACK_POSITIVE,
        "Keskittyminen parantunut": Kind.FEEDBACK_POSITIVE,
        "Innokkuutta opiskelussa": Kind.FEEDBACK_POSITIVE,
        "Luovuuden taitoa": Kind.FEEDBACK_POSITIVE,
        "Oppilas poistettu oppitunnilta": Kind.REMOVED,
        "SAIRAUS": Kind.HEALTH,
        "Luvallinen poissaolo, sairaus": Kind.HEALTH,
    },
    "an upper-secondary school": {
        "Selvitetty": Kind.OTHER_EXPLAINED,
        "Luvallinen": Kind.OTHER_EXPLAINED,
        "Aktiivinen": Kind.FEEDBACK_POSITIVE,
        "Oppitunnin ulkopuolisessa toiminnassa": Kind.PRESENT_ELSEWHERE,
        "Etätehtävät tekemättä": Kind.FEEDBACK_CORRECTIVE,
    },
    # The same letters mean opposite things in two towns, so no letters mean anything.
    "codes": dict.fromkeys(
        [
            "LUV",
            "SEL",
            "TER",
            "KOU",
            "LIN",
            "MUU",
            "MYÖ",
            "LUM",
            "PIN",
            "po",
            "my",
            "TU",
        ]
    ),
    "Rauma": {
        "Luvallinen": Kind.OTHER_EXPLAINED,
        "Selvitettävä": Kind.UNRESOLVED,
        "Luvallinen myöhästyminen": Kind.LATE_SHORT,
        "Luvaton myöhästyminen": Kind.LATE_SHORT,
        **dict.fromkeys(
            [
                "+akt",
                "+teh",
                "+koe",
                "+käy",
                "+suo",
                "+työ",
                "+asn",
                "+muu",
                "+huo",
                "+kan",
            ],
            Kind.FEEDBACK_POSITIVE,
        ),
        **dict.fromkeys(
            [
                "–käy",
                "–kiu",
                "–kot",
                "–poi",
                "–lpl",
                "–lpm",
                "–näp",
                "–tuh",
                "–väl",
                "–häi",
                "–päi",
                "–tun",
            ],
            Kind.FEEDBACK_CORRECTIVE,
        ),
    },
    "the set of the reform": {
        "Läsnä": Kind.IGNORE,
        "Myöhässä alle 15 min": Kind.LATE_SHORT,
        "Myöhässä yli 15 min": Kind.LATE_LONG,
        "Opetus muualla": Kind.PRESENT_ELSEWHERE,
        "Koulun muussa toiminnassa": Kind.PRESENT_ELSEWHERE,
        "Ennalta anottu vapaa": Kind.PREAPPROVED,
        "Terveydellisiin syihin liittyvä poissaolo": Kind.HEALTH,
        "Poissa – terveydelliset syyt": Kind.HEALTH,
        "Koulu selvittänyt": None,
        "Muu selvitetty poissaolo": Kind.OTHER_EXPLAINED,
        "Luvaton poissaolo (selvitetty)": Kind.UNAUTHORISED,
        "Selvittämätön poissaolo": Kind.UNRESOLVED,
        "TET": Kind.PRESENT_ELSEWHERE,
        "Poistettu": Kind.REMOVED,
        "PoislAlue": Kind.LEFT_AREA,
        "Hyvä": Kind.FEEDBACK_POSITIVE,
        "Olit hyvä kaveri välitunnilla": Kind.FEEDBACK_POSITIVE,
        "Tsemppasit tänään": Kind.FEEDBACK_POSITIVE,
        "Otit toiset huomioon": Kind.FEEDBACK_POSITIVE,
        "Osallistuit aktiivisesti": Kind.FEEDBACK_POSITIVE,
        "Kotitehtävät tekemättä": Kind.FEEDBACK_CORRECTIVE,
        "Opiskeluvälineitä puuttuu": Kind.FEEDBACK_CORRECTIVE,
        "Asiaton tai häiritsevä käytös": Kind.FEEDBACK_CORRECTIVE,
        "Tiedoksi": Kind.INFO,
    },
    "Swedish": {
        "oklar frånvaro": Kind.UNRESOLVED,
        "outredd frånvaro": Kind.UNRESOLVED,
        "olovlig frånvaro": Kind.UNAUTHORISED,
        "frånvaro av hälsoskäl": Kind.HEALTH,
        "sjuk": Kind.HEALTH,
        "på förhand anhållen ledighet": Kind.PREAPPROVED,
        "ledig": Kind.PREAPPROVED,
        "annan utredd frånvaro": Kind.OTHER_EXPLAINED,
        "försening": Kind.LATE_SHORT,
        "försening över 15 min": Kind.LATE_LONG,
        "representerar skolan": Kind.PRESENT_ELSEWHERE,
        "för kännedom": Kind.INFO,
        "Bra jobbat!": Kind.FEEDBACK_POSITIVE,
        "Ogjorda läxor": Kind.FEEDBACK_CORRECTIVE,
    },
    "not clear at all": dict.fromkeys(["Poissa", "OÄ Poissa", "", "???", "12", "A"]),
}
CASES = [(town, name) for town, names in LOCAL.items() for name in names]

# The page's own types; the first eight are the block that came with the 2023 reform.
GRADE_7 = {
    "87": Kind.UNRESOLVED,
    "85": Kind.OTHER_EXPLAINED,
    "90": Kind.LATE_SHORT,
    "84": Kind.PREAPPROVED,
    "86": Kind.UNAUTHORISED,
    "83": Kind.HEALTH,
    "89": Kind.PRESENT_ELSEWHERE,
    "88": Kind.PRESENT_ELSEWHERE,
    "13": Kind.LEFT_AREA,
    "11": Kind.INFO,
    "45": Kind.SUPPORT,
    "43": None,
    "39": Kind.PRESENT_ELSEWHERE,
    **dict.fromkeys(
        ["46", "51", "47", "50", "29", "53", "52", "49"], Kind.FEEDBACK_POSITIVE
    ),
    **dict.fromkeys(["57", "56", "54", "58", "55"], Kind.FEEDBACK_CORRECTIVE),
}


@pytest.fixture(scope="module")
def mark_kinds() -> MarkKinds:
    return catalog.load().mark_kinds


@pytest.mark.parametrize(("town", "name"), CASES)
def test_a_local_word_suggests_its_kind(
    mark_kinds: MarkKinds, town: str, name: str
) -> None:
    assert mark_kinds.suggest(name) == LOCAL[town][name]


def test_letters_before_the_word_do_not_change_it(mark_kinds: MarkKinds) -> None:
    assert mark_kinds.suggest("LUV Luvallinen") == Kind.OTHER_EXPLAINED
    assert mark_kinds.suggest("LUV Luvaton") == Kind.UNAUTHORISED
    assert mark_kinds.suggest("SEL Selvitettävä poissaolo") == Kind.UNRESOLVED
    assert mark_kinds.suggest("SEL Selvitetty") == Kind.OTHER_EXPLAINED


def test_every_type_of_the_real_page_is_known(
    mark_kinds: MarkKinds, shared: Path
) -> None:
    path = shared / "data" / "wilma_page_grade7" / "mark_types.csv"
    with path.open(encoding="utf-8") as lines:
        types = {row["type_id"]: row["name"] for row in csv.DictReader(lines)}
    assert types.keys() == GRADE_7.keys()
    suggested = {number: mark_kinds.suggest(name) for number, name in types.items()}
    assert suggested == GRADE_7


def test_weights_follow_the_national_classes(mark_kinds: MarkKinds) -> None:
    counted = {k for k, kind in mark_kinds.by_kind.items() if kind.counts_as_lesson}
    assert counted == ABSENCES
    sensitive = {k for k, kind in mark_kinds.by_kind.items() if kind.is_sensitive}
    assert sensitive == {Kind.HEALTH}
    clearing = {k for k, kind in mark_kinds.by_kind.items() if kind.needs_clearing}
    assert clearing == {Kind.UNRESOLVED}
