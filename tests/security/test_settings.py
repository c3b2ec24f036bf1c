"""What keeps a deployment from starting, each held to a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from koulutie.config.environment import Deployment

ROOT = Path(__file__).resolve().parent.parent.parent
KEY = "k3yWith-Many_Different.Signs:%s/abcdefghijklmnopqrstuvwxyz"
GOOD = {
    "KOULUTIE_HOSTS": "poissaolot.joutsenmaki.fi",
    "KOULUTIE_HTTPS": "1",
    "KOULUTIE_SECRET_KEY": KEY % 1,
    "KOULUTIE_HETU_KEY": KEY % 2,
    "KOULUTIE_LOG_KEY": KEY % 3,
}


def start(home: Path, *arguments: str, **changes: str) -> subprocess.CompletedProcess:
    """Run a Django command with nothing but these settings."""
    return python(home, "-m", "django", *(arguments or ("diffsettings",)), **changes)


def python(home: Path, *arguments: str, **changes: str) -> subprocess.CompletedProcess:
    """Run Python with nothing but these settings."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    environment = kept | {
        "PYTHONPATH": str(ROOT),
        "DJANGO_SETTINGS_MODULE": "koulutie.config.settings",
        "KOULUTIE_HOME": str(home),
    }
    return subprocess.run(
        [sys.executable, *arguments],
        env=environment | changes,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_production_deployment_starts_and_passes_djangos_own_check(
    tmp_path: Path,
) -> None:
    done = start(tmp_path, "check", "--deploy", "--fail-level", "WARNING", **GOOD)
    assert done.returncode == 0, done.stdout + done.stderr


def test_one_machine_starts_with_nothing_set(tmp_path: Path) -> None:
    done = start(tmp_path, "check")
    assert done.returncode == 0, done.stderr
    secrets = tmp_path / "secrets"
    assert {path.stat().st_mode & 0o777 for path in secrets.iterdir()} == {0o600}
    assert len({path.read_text() for path in secrets.iterdir()}) == 4


REFUSED = {
    "debug": ({"KOULUTIE_DEBUG": "1"}, "KOULUTIE_DEBUG is on"),
    "a short key": (
        {"KOULUTIE_SECRET_KEY": "short"},
        "KOULUTIE_SECRET_KEY is too short",
    ),
    "a simple key": ({"KOULUTIE_LOG_KEY": "ab" * 40}, "KOULUTIE_LOG_KEY is too short"),
    "a sample key": (
        {"KOULUTIE_SECRET_KEY": "django-insecure-abcdefghijklmnopqrstuvwxyz0123456789"},
        "KOULUTIE_SECRET_KEY looks like a sample",
    ),
    "one key for two things": ({"KOULUTIE_HETU_KEY": KEY % 3}, "must differ"),
    "any host": ({"KOULUTIE_HOSTS": "*"}, "stands for hosts that are not ours"),
    "any host below": ({"KOULUTIE_HOSTS": ".fi"}, "stands for hosts that are not ours"),
    "no host": ({"KOULUTIE_HOSTS": ""}, "KOULUTIE_HOSTS is empty"),
    "a comma too many": ({"KOULUTIE_HOSTS": "a.fi,"}, "KOULUTIE_HOSTS holds ''"),
    "no TLS": ({"KOULUTIE_HTTPS": "0"}, "KOULUTIE_HTTPS is off"),
    "a cache of each process": ({"KOULUTIE_CACHE": "memory"}, "each process's own"),
    "a cache that is none": ({"KOULUTIE_CACHE": "disk"}, "KOULUTIE_CACHE is neither"),
    "a flag that is none": ({"KOULUTIE_HTTPS": "perhaps"}, "Write 1 or 0"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_it_does_not_start(kind: str, tmp_path: Path) -> None:
    changes, said = REFUSED[kind]
    done = start(tmp_path, "check", **(GOOD | changes))
    assert done.returncode != 0
    assert said in done.stderr
    for value in changes.values():
        assert len(value) < 20 or value not in done.stderr, "a key was printed"


def test_all_reasons_are_told_at_once() -> None:
    wrong = Deployment(
        debug=True, https=False, hosts=["*"], keys={"A": "x", "B": "x"}, cache="LocMem"
    )
    assert len(list(wrong.refusals())) >= 6


def test_a_secret_is_read_from_a_file_and_from_a_credential(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(KEY % "file" + "\n")
    folder = tmp_path / "credentials"
    folder.mkdir()
    (folder / "koulutie_log_key").write_text(KEY % "unit")
    changes = GOOD | {
        "KOULUTIE_SECRET_KEY": "",
        "KOULUTIE_SECRET_KEY_FILE": str(tmp_path / "key"),
        "KOULUTIE_LOG_KEY": "",
        "CREDENTIALS_DIRECTORY": str(folder),
    }
    asked = "from django.conf import settings as s; print(s.SECRET_KEY, s.LOG_KEY)"
    done = start(tmp_path / "home", "shell", "--no-imports", "-c", asked, **changes)
    assert done.stdout.split() == [KEY % "file", KEY % "unit"], done.stderr
    made = {path.name for path in (tmp_path / "home").glob("secrets/*")}
    assert not made & {"koulutie_secret_key", "koulutie_log_key", "koulutie_hetu_key"}


def test_cookies_and_transport_are_strict_behind_tls(tmp_path: Path) -> None:
    done = start(tmp_path, "diffsettings", "--all", **GOOD)
    for line in (
        "SESSION_COOKIE_NAME = '__Host-koulutie'",
        "SESSION_COOKIE_SECURE = True",
        "CSRF_COOKIE_SECURE = True",
        "CSRF_COOKIE_HTTPONLY = True",
        "CSRF_COOKIE_NAME = '__Host-csrf'",
        "LANGUAGE_COOKIE_NAME = '__Host-language'",
        "SESSION_COOKIE_SAMESITE = 'Lax'",
        "SESSION_COOKIE_HTTPONLY = True",
        "SECURE_HSTS_SECONDS = 31536000",
        "SECURE_SSL_REDIRECT = True",
        "SECURE_CROSS_ORIGIN_OPENER_POLICY = 'same-origin'",
    ):
        assert line in done.stdout, line


def test_the_key_before_still_opens_what_it_signed(tmp_path: Path) -> None:
    sign = "from django.core.signing import dumps; print(dumps('x'))"
    read = "import sys; from django.core.signing import loads; print(loads(%r))"
    old, new = GOOD, GOOD | {"KOULUTIE_SECRET_KEY": KEY % 4}
    shell = ("shell", "--no-imports", "-c")
    signed = start(tmp_path, *shell, sign, **old).stdout.strip()
    assert start(tmp_path, *shell, read % signed, **new).returncode != 0
    rotated = new | {"KOULUTIE_SECRET_KEY_BEFORE": old["KOULUTIE_SECRET_KEY"]}
    assert start(tmp_path, *shell, read % signed, **rotated).stdout.strip() == "x"


@pytest.mark.parametrize("where", ["", "threading.Thread(target=fail).start()"])
def test_what_nobody_caught_is_logged_without_its_message(
    tmp_path: Path, where: str
) -> None:
    code = (
        "import threading\nfrom koulutie.cli import start_django\nstart_django()\n"
        "def fail():\n    raise ValueError('Kanarialintu ' + '131105A9876')\n"
        + (where or "fail()")
    )
    done = python(tmp_path, "-c", code, **GOOD)
    line = json.loads(done.stderr.strip().splitlines()[-1])
    assert line["failure"][0] == "builtins.ValueError"
    assert "Kanarialintu" not in done.stderr
    assert (done.returncode == 0) is bool(where)


@pytest.mark.django_db
@pytest.mark.usefixtures("the_tests_day")
def test_no_cookie_carries_what_a_page_says(people) -> None:
    client = Client()
    client.force_login(people.aino)
    pupil = people.home.pupils["7B"][0].pk
    text = {"text": "Mondays in the library.", "kind": "conversation"}
    answer = client.post(f"/pupils/{pupil}/notes/new/?kind=conversation", text)
    assert answer.status_code == 302  # and a message waits for the next page
    known = {
        settings.SESSION_COOKIE_NAME,
        settings.CSRF_COOKIE_NAME,
        settings.LANGUAGE_COOKIE_NAME,
    }
    assert set(client.cookies) <= known
    assert all(cookie["httponly"] for cookie in answer.cookies.values())
