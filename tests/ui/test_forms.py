"""Fields name their help and their errors; choices can be tapped; all is escaped."""

from __future__ import annotations

from django import forms
from django.utils import translation
from lxml import html

from koulutie.ui.samples import SampleForm


def drawn(form: forms.Form, language: str = "en") -> html.HtmlElement:
    with translation.override(language):
        return html.fromstring(f"<div>{form}</div>")


def test_every_control_has_a_name() -> None:
    page = drawn(SampleForm())
    for control in page.xpath("//input[not(@type='hidden')]|//select|//textarea"):
        assert page.xpath(f"//label[@for='{control.get('id')}']"), control.get("id")


def test_every_group_has_a_legend() -> None:
    for group in drawn(SampleForm()).xpath("//fieldset"):
        assert group.xpath("legend")[0].text_content().strip() == "One of several"


def test_help_and_errors_are_named_by_their_control() -> None:
    page = drawn(SampleForm({}))
    control = page.xpath("//input[@id='id_name']")[0]
    assert control.get("aria-invalid") == "true"
    named = control.get("aria-describedby").split()
    assert named == ["id_name_helptext", "id_name_error"]
    for one in named:
        assert page.xpath(f"//*[@id='{one}']")[0].text_content().strip()


def test_the_summary_lists_every_error_with_its_way() -> None:
    form = SampleForm({"on": "31.2."})
    summary = drawn(form).xpath("//*[@data-focus]")[0]
    assert summary.get("role") == "alert"
    ways = [link.get("href") for link in summary.xpath(".//a")]
    assert ways == ["#id_name", "#id_on", "#id_one", "#id_chosen"]


def test_ways_of_the_summary_lead_somewhere() -> None:
    page = drawn(SampleForm({}))
    for link in page.xpath("//*[@data-focus]//a"):
        assert page.xpath(f"//*[@id='{link.get('href')[1:]}']"), link.get("href")


def test_a_valid_form_has_no_summary() -> None:
    assert not drawn(SampleForm()).xpath("//*[@data-focus]")


def test_what_is_not_required_says_so() -> None:
    labels = [
        " ".join(label.text_content().split())
        for label in drawn(SampleForm()).xpath("//label")
    ]
    assert "A day (optional)" in labels
    assert "A line of text" in labels


def test_what_was_typed_is_escaped() -> None:
    form = SampleForm({"name": '"><b id="in">', "chosen": "<b>"})
    page = drawn(form)
    assert not page.xpath("//b")
    assert page.xpath("//input[@id='id_name']")[0].get("value") == '"><b id="in">'
