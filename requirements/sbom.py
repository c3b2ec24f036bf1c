#!/usr/bin/env python3
# ruff: noqa: T201  # a script that says what it wrote
"""Write the bill of materials of what is installed, as CycloneDX 1.6 JSON.

Names, versions and hashes are those that `requirements/runtime.txt` pins and the
environment holds; licences are what the libraries say of themselves. Standard library only.

    python3 requirements/sbom.py [FILE]        default: build/sbom.cdx.json
"""

from __future__ import annotations

import json
import re
import sys
import uuid
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PINNED = ROOT / "requirements" / "runtime.txt"
TARGET = ROOT / "build" / "sbom.cdx.json"
Component = dict[str, object]


def plain(name: str) -> str:
    """Return a name as the package index compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pinned(text: str) -> dict[str, tuple[str, list[str]]]:
    """Return version and SHA-256 hashes by name, from a list with hashes."""
    found: dict[str, tuple[str, list[str]]] = {}
    name = ""
    for line in text.splitlines():
        if match := re.match(r"([A-Za-z0-9_.-]+)==([^ ;\\]+)", line):
            name = plain(match[1])
            found[name] = (match[2], [])
        elif match := re.search(r"--hash=sha256:([0-9a-f]{64})", line):
            found[name][1].append(match[1])
    return found


def installed() -> dict[str, metadata.Distribution]:
    """Return what the environment holds, by name."""
    return {
        plain(one.metadata["Name"]): one
        for one in metadata.distributions()
        if one.metadata["Name"]
    }


def licences(one: metadata.Distribution) -> list[dict[str, object]]:
    """Return what a library says of its licence."""
    told = one.metadata
    if "License-Expression" in told:
        return [{"expression": told["License-Expression"]}]
    classes = [
        text.split(" :: ")[-1]
        for text in told.get_all("Classifier") or []
        if text.startswith("License ::")
    ]
    short = told["License"].strip().splitlines()[:1] if "License" in told else []
    names = classes or [name[:100] for name in short if name]
    return [{"license": {"name": name}} for name in names]


def reference(name: str, version: str) -> str:
    """Return the package address."""
    return f"pkg:pypi/{name}@{version}"


def component(name: str, one: metadata.Distribution, hashes: list[str]) -> Component:
    """Return one library."""
    made: Component = {
        "type": "library",
        "bom-ref": reference(name, one.version),
        "name": name,
        "version": one.version,
        "purl": reference(name, one.version),
        "hashes": [{"alg": "SHA-256", "content": content} for content in hashes],
    }
    if found := licences(one):
        made["licenses"] = found
    return made


def needs(one: metadata.Distribution, among: dict[str, str]) -> list[str]:
    """Return the references of the libraries that one needs, among those listed."""
    names = {
        plain(match[0])
        for text in one.requires or []
        if "extra ==" not in text and (match := re.match(r"[A-Za-z0-9_.-]+", text))
    }
    return sorted(among[name] for name in names if name in among)


def bill() -> dict[str, object]:
    """Return the whole bill. The same environment gives the same bill."""
    here = installed()
    listed = {
        name: (here[name], hashes)
        for name, (_version, hashes) in sorted(pinned(PINNED.read_text()).items())
        if name in here  # some are for other systems only
    }
    references = {
        name: reference(name, one.version) for name, (one, _) in listed.items()
    }
    ours = "pkg:generic/koulutie"
    dependencies = [
        {"ref": references[name], "dependsOn": needs(one, references)}
        for name, (one, _) in listed.items()
    ]
    components = [
        component(name, one, hashes) for name, (one, hashes) in listed.items()
    ]
    content = json.dumps(components, sort_keys=True)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, content)}",
        "version": 1,
        "metadata": {
            "component": {"type": "application", "bom-ref": ours, "name": "koulutie"}
        },
        "components": components,
        "dependencies": [
            {"ref": ours, "dependsOn": sorted(references.values())},
            *dependencies,
        ],
    }


def main(arguments: list[str]) -> None:
    """Write the bill."""
    target = Path(arguments[0]) if arguments else TARGET
    target.parent.mkdir(parents=True, exist_ok=True)
    made = bill()
    target.write_text(json.dumps(made, indent=2, ensure_ascii=False) + "\n")
    count = len(made["components"])  # type: ignore[arg-type]  # a list
    print(f"{count} libraries in {target}")


if __name__ == "__main__":
    main(sys.argv[1:])
