#!/usr/bin/env python3
"""Set up and run Koulutie with nothing but Python 3.11+ (standard library only).

    python3 bootstrap.py setup [runtime|test|bench]   make .venv and install the hashed requirements
    python3 bootstrap.py demo                          set up, make the demo municipality, serve it
    python3 bootstrap.py serve                         serve what KOULUTIE_HOME holds
    python3 bootstrap.py check                         every gate; all failures are shown
    python3 bootstrap.py test [pytest arguments]       gates, then the tests
    python3 bootstrap.py test-all                      the same with the slow suites
    python3 bootstrap.py bench                         measure, write bench/RESULTS.md
    python3 bootstrap.py lock                          resolve requirements/*.in again
    python3 bootstrap.py sbom [FILE]                   write the bill of materials (CycloneDX)

The Makefile calls this script, so that a machine without make can too.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
REQUIREMENTS = ROOT / "requirements"
# Each list contains the one before it, so a richer environment also serves the poorer wish.
LISTS = ("runtime", "test", "bench")

GATES = (
    ("formatting", ("ruff", "format", "--check", ".")),
    ("lint", ("ruff", "check", ".")),
    ("types", ("mypy", "koulutie")),
    ("rooms", ("lint-imports",)),
    ("templates", ("djlint", "koulutie", "--lint", "--quiet")),
    ("dependencies", ("deptry", "koulutie")),
    ("definitions", ("koulutie", "check")),
    (
        "migrations",
        ("python", "-m", "django", "makemigrations", "--check", "--dry-run"),
    ),
    (
        "deployment",
        ("python", "-m", "django", "check", "--fail-level", "WARNING"),
    ),
)


def run(*command: str, **changes: str) -> int:
    """Run a program of the environment from the root; return its exit code."""
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "koulutie.config.settings",
        "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}",
    }
    program = shutil.which(command[0], path=environment["PATH"]) or command[0]
    return subprocess.call((program, *command[1:]), cwd=ROOT, env=environment | changes)


def fingerprint(name: str) -> str:
    """Return a hash of all that decides what the environment holds."""
    digest = hashlib.sha256(f"{sys.version_info[:2]}{name}".encode())
    for path in (REQUIREMENTS / f"{name}.txt", ROOT / "pyproject.toml"):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def is_ready(name: str) -> bool:
    """Say whether the environment holds this list, or a richer one, unchanged."""
    stamp = VENV / "koulutie-stamp"
    if not stamp.exists():
        return False
    richer = LISTS[LISTS.index(name) :]
    return stamp.read_text() in {fingerprint(each) for each in richer}


def put_on_path() -> None:
    """Make `import koulutie` and the `koulutie` command work, without a build step."""
    site = subprocess.check_output(
        (
            BIN / "python",
            "-c",
            "import sysconfig; print(sysconfig.get_path('purelib'))",
        ),
        text=True,
    ).strip()
    (Path(site) / "koulutie.pth").write_text(f"{ROOT}\n")
    command = BIN / "koulutie"
    command.write_text(
        f"#!{BIN / 'python'}\n"
        "import sys\n"
        "from koulutie.cli import main\n"
        "sys.exit(main())\n"
    )
    command.chmod(0o755)


def setup(name: str = "runtime") -> None:
    """Make the environment and install one hashed list; do nothing if it is there."""
    if sys.version_info < (3, 11):
        sys.exit(
            f"Koulutie needs Python 3.11 or newer; this is {sys.version.split()[0]}. "
            "Run the same command with a newer interpreter."
        )
    if is_ready(name):
        return
    started = time.monotonic()
    print(f"Setting up .venv ({name}) ...", flush=True)
    if not (BIN / "python").exists():
        venv.create(VENV, with_pip=True)
    python = str(BIN / "python")
    wanted = str(REQUIREMENTS / f"{name}.txt")
    installer = (
        ("uv", "pip", "install", "--quiet", "--python", python)
        if shutil.which("uv")
        else (python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    )
    if run(*installer, "--require-hashes", "-r", wanted):
        sys.exit(f"Could not install {wanted}. Is there a network?")
    put_on_path()
    run("koulutie", "messages", "--quiet")
    (VENV / "koulutie-stamp").write_text(fingerprint(name))
    print(f"Ready in {time.monotonic() - started:.0f} s.", flush=True)


def check() -> int:
    """Run every gate, show all failures, return how many failed."""
    setup("test")
    failed = []
    for name, command in GATES:
        print(f"-- {name}: {' '.join(command)}", flush=True)
        if run(*command):
            failed.append(name)
    print(f"{len(GATES) - len(failed)} of {len(GATES)} gates hold", flush=True)
    if failed:
        print(f"Failed: {', '.join(failed)}", flush=True)
    return len(failed)


def test(*arguments: str) -> int:
    """Run the gates and the tests; return 0 when both hold."""
    failed = check()
    # A file's tests stay together, so that what they share is made once; the order stays,
    # for the longest comes first.
    workers = ("-n", str(os.cpu_count() or 1))
    side_by_side = (*workers, "--dist", "loadfile", "--no-loadscope-reorder")
    code = run("python", "-m", "pytest", *side_by_side, *arguments)
    return code or int(failed > 0)


def lock() -> int:
    """Resolve the wishes in requirements/*.in into hashed lists without addresses."""
    if not shutil.which("uv"):
        sys.exit("make lock needs uv (https://docs.astral.sh/uv/); nothing else does.")
    options = ("--universal", "--python-version", "3.11", "--generate-hashes")
    quiet = ("--no-annotate", "--no-emit-index-url", "--no-emit-find-links", "--quiet")
    for name in LISTS:
        code = run(
            "uv", "pip", "compile", f"requirements/{name}.in", *options, *quiet,
            "--custom-compile-command", "make lock", "-o", f"requirements/{name}.txt",
        )  # fmt: skip
        if code:
            return code
    return 0


def main(arguments: list[str]) -> int:
    """Do what the first argument names."""
    task, rest = (arguments[0], arguments[1:]) if arguments else ("help", [])
    match task:
        case "setup":
            setup(rest[0] if rest else "runtime")
        case "demo" | "serve":
            setup("runtime")
            return run("koulutie", task, *rest)
        case "check":
            return int(check() > 0)
        case "test":
            return test(*rest)
        case "test-all":
            return test("--slow", *rest)
        case "bench":
            setup("bench")
            return run("python", "-m", "bench", *rest)
        case "lock":
            return lock()
        case "sbom":
            setup("runtime")
            return run("python", "requirements/sbom.py", *rest)
        case _:
            print(__doc__)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
