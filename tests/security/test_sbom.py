"""The bill of materials names what is installed, with the hashes that are installed by."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def bill(tmp_path_factory: pytest.TempPathFactory) -> dict:
    target = tmp_path_factory.mktemp("sbom") / "sbom.cdx.json"
    done = subprocess.run(
        [sys.executable, "requirements/sbom.py", str(target)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert str(target) in done.stdout
    return json.loads(target.read_text())


def test_it_is_cyclonedx(bill: dict) -> None:
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert bill["serialNumber"].startswith("urn:uuid:")
    references = [one["bom-ref"] for one in bill["components"]]
    assert len(set(references)) == len(references)
    known = {*references, bill["metadata"]["component"]["bom-ref"]}
    for one in bill["dependencies"]:
        assert one["ref"] in known
        assert set(one["dependsOn"]) <= known


def test_every_installed_library_is_in_it(bill: dict) -> None:
    """What the product imports at run time is there, in the version that runs."""
    versions = {one["name"]: one["version"] for one in bill["components"]}
    wishes = (ROOT / "requirements" / "runtime.in").read_text().splitlines()
    names = {
        line.split("#")[0].strip().split("[")[0].split(">")[0].split("=")[0].lower()
        for line in wishes
        if line.split("#")[0].strip()
    }
    assert {"django", "pyarrow", "duckdb"} <= names
    for name in names:
        assert versions[name.replace("_", "-")] == metadata.version(name), name


def test_every_library_has_its_hashes_and_most_a_licence(bill: dict) -> None:
    listed = (ROOT / "requirements" / "runtime.txt").read_text()
    for one in bill["components"]:
        assert one["hashes"], one["name"]
        for value in one["hashes"]:
            assert f"sha256:{value['content']}" in listed
    unlicensed = [one["name"] for one in bill["components"] if "licenses" not in one]
    assert len(unlicensed) <= len(bill["components"]) // 10, unlicensed


def test_the_same_environment_gives_the_same_bill(bill: dict, tmp_path: Path) -> None:
    target = tmp_path / "again.json"
    subprocess.run(
        [sys.executable, "requirements/sbom.py", str(target)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    assert json.loads(target.read_text()) == bill
