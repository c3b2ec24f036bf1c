"""All settings, read from ``KOULUTIE_*`` by typed readers. One file for every deployment."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from koulutie.config.environment import (
    Deployment,
    cache_of,
    credential,
    flag,
    insist,
    insist_on_provider,
    number,
    origin_of,
    secret,
    text,
)
from koulutie.config.logs import logging_settings

HOME = Path(text("KOULUTIE_HOME", "var")).resolve()
HOME.mkdir(parents=True, exist_ok=True)

DEBUG = flag("KOULUTIE_DEBUG", default=False)
SECRET_KEY = secret("KOULUTIE_SECRET_KEY", HOME)
# The key before, while what it signed is still in use; take it away after a day.
SECRET_KEY_FALLBACKS = [key for key in [text("KOULUTIE_SECRET_KEY_BEFORE", "")] if key]
HETU_KEY = secret("KOULUTIE_HETU_KEY", HOME)  # keys the hash of personal identity codes
LOG_KEY = secret("KOULUTIE_LOG_KEY", HOME)  # seals the access log
FACTOR_KEY = secret("KOULUTIE_FACTOR_KEY", HOME)  # hides keys of authenticator apps
# The second copy of the log's seals; on another disk or server it proves the most.
LOG_SEALS = text("KOULUTIE_LOG_SEALS", "")  # empty: log-seals.txt in the home folder
ALLOWED_HOSTS = text("KOULUTIE_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [
    origin for origin in text("KOULUTIE_ORIGINS", "").split(",") if origin
]
HTTPS = flag("KOULUTIE_HTTPS", default=False)  # served behind TLS: strict cookies, HSTS

FACTS_ROOT = text("KOULUTIE_FACTS", str(HOME / "facts"))
DEFINITIONS = [
    Path(folder)
    for folder in text("KOULUTIE_DEFINITIONS", "").split(os.pathsep)
    if folder
]  # the municipality's own folders; they come after the product's and win
WATCHED_FOLDER = HOME / "inbox"

# Who answers for the data: printed on the record of processing and the impact assessment.
CONTROLLER = {
    "name": text("KOULUTIE_CONTROLLER", ""),  # empty: the municipality's own name
    "contact": text("KOULUTIE_CONTROLLER_CONTACT", ""),
    "officer": text("KOULUTIE_DATA_PROTECTION_OFFICER", ""),
}

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "csp",
    "koulutie.registry",
    "koulutie.ui",
    "koulutie.accounts",
    "koulutie.intake",
    "koulutie.casework",
    "koulutie.insight",
    "koulutie.oversight",
    "koulutie.retention",
    "koulutie.jobs",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "koulutie.ui.headers.HeadersMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "koulutie.ui.walls.ClosedWallMiddleware",
    "koulutie.ui.walls.SameSiteMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "koulutie.ui.middleware.PersonLanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "koulutie.ui.clock.ClockMiddleware",
    "koulutie.ui.walls.OwnMunicipalityMiddleware",
    "koulutie.accounts.middleware.SessionMiddleware",
    "koulutie.ui.middleware.PolicyMiddleware",
    "koulutie.ui.middleware.DomainErrorMiddleware",
    "koulutie.ui.middleware.NoStoreMiddleware",
]

ROOT_URLCONF = "koulutie.config.urls"
WSGI_APPLICATION = "koulutie.config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "registry.Person"
LOGIN_URL = "accounts:sign_in"
LOGIN_REDIRECT_URL = "ui:start"
LOGOUT_REDIRECT_URL = "accounts:sign_in"
CSRF_FAILURE_VIEW = "koulutie.ui.views.csrf_failed"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "koulutie.ui.context.page",
            ],
            "builtins": ["koulutie.ui.templatetags.koulutie"],
        },
    }
]
FORM_RENDERER = "koulutie.ui.forms.Renderer"


def database() -> dict[str, object]:
    """Return SQLite in the home folder, or PostgreSQL when KOULUTIE_DATABASE names one.

    The form is ``postgresql://user:password@host:port/name``; a host may be a socket folder
    (``postgresql:///name?host=/run/postgresql``).
    """
    address = text("KOULUTIE_DATABASE", "")
    if not address:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": HOME / "koulutie.sqlite3",
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; "
                "PRAGMA foreign_keys=ON;",
            },
        }
    from urllib.parse import parse_qs, unquote, urlsplit

    parts = urlsplit(address)
    if parts.scheme not in {"postgresql", "postgres"}:
        raise ImproperlyConfigured(
            f"KOULUTIE_DATABASE starts with {parts.scheme!r}. Write postgresql://..."
        )
    query = {key: values[0] for key, values in parse_qs(parts.query).items()}
    return {
        "ENGINE": "koulutie.registry.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "OPTIONS": query,
        "CONN_MAX_AGE": 60,
    }


DATABASES = {"default": database()}

PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

LANGUAGE_CODE = "fi"
LANGUAGES = [("fi", _("Finnish")), ("sv", _("Swedish")), ("en", _("English"))]
TIME_ZONE = "Europe/Helsinki"
USE_TZ = True
LANGUAGE_COOKIE_NAME = "__Host-language" if HTTPS else "language"
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"

STATIC_URL = "static/"
STATIC_ROOT = HOME / "static"
STATIC_ROOT.mkdir(exist_ok=True)  # WhiteNoise warns at every start where there is none
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

# Marks of a city's year are a large file; what is larger than memory goes to disk.
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_HANDLERS = ["koulutie.ui.uploads.LimitedUploadHandler"]
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
# Files from outside are read by a child process that may use so much, and no more.
READ_MEGABYTES = number("KOULUTIE_READ_MEGABYTES", 6000)  # of address space
READ_SECONDS = number("KOULUTIE_READ_SECONDS", 600)
# One file, and all files of one municipality in 24 hours.
FILE_MEGABYTES = number("KOULUTIE_FILE_MEGABYTES", 1000)
DAY_MEGABYTES = number("KOULUTIE_DAY_MEGABYTES", 5000)
DAY_FILES = number("KOULUTIE_DAY_FILES", 20000)

# A session ends when it was not used for so long, and so long after signing in at the latest.
SESSION_IDLE = timedelta(minutes=number("KOULUTIE_SESSION_IDLE_MINUTES", 60))
SESSION_LONGEST = timedelta(hours=number("KOULUTIE_SESSION_HOURS", 12))
SESSION_COOKIE_AGE = int(SESSION_LONGEST.total_seconds())
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-koulutie" if HTTPS else "koulutie"
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True  # pages carry the secret for htmx themselves
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
# Messages stay on the server: the other storage puts their text into a cookie.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31536000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# Roles whose local accounts prove themselves in two steps; "all": every local account.
SECOND_STEP = frozenset(text("KOULUTIE_SECOND_STEP", "").split())

# The municipality's sign-in service (OpenID Connect); without an issuer there is none.
OIDC: dict[str, Any] = {
    "issuer": text("KOULUTIE_OIDC_ISSUER", ""),
    "client_id": text("KOULUTIE_OIDC_CLIENT_ID", ""),
    "client_secret": text("KOULUTIE_OIDC_CLIENT_SECRET", "")
    or credential("KOULUTIE_OIDC_CLIENT_SECRET"),
    "title": text("KOULUTIE_OIDC_TITLE", ""),  # its name on the button
    "scope": text("KOULUTIE_OIDC_SCOPE", "openid profile"),
    # Ways of signing in at the service that are strong enough; empty: any.
    "acr": text("KOULUTIE_OIDC_ACR", "").split(),
    # The claim that carries the staff number, and the source whose numbers they are.
    "staff_claim": text("KOULUTIE_OIDC_STAFF_CLAIM", ""),
    "staff_source": text("KOULUTIE_OIDC_STAFF_SOURCE", "primus"),
    "pupils": flag("KOULUTIE_OIDC_PUPILS", default=False),  # by their learner number
}
insist_on_provider(OIDC)
# A form may lead to the service, and to those it passes the browser on to.
PROVIDER_ORIGINS = [
    origin_of(address)
    for address in (OIDC["issuer"], *text("KOULUTIE_OIDC_HOSTS", "").split())
    if address
]

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "worker-src": ["'self'"],
        "manifest-src": ["'self'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'", *PROVIDER_ORIGINS],
        "frame-ancestors": ["'none'"],
        "report-uri": "/csp-reports/",
    }
}

SILENCED_SYSTEM_CHECKS = (
    []
    if HTTPS
    # Plain http on one machine is a supported way to run; TLS settings follow KOULUTIE_HTTPS.
    else ["security.W004", "security.W008", "security.W012", "security.W016"]
)

CACHES = {"default": cache_of(text("KOULUTIE_CACHE", ""))}

DEPLOYMENT = Deployment(
    debug=DEBUG,
    https=HTTPS,
    hosts=ALLOWED_HOSTS,
    keys={
        "KOULUTIE_SECRET_KEY": SECRET_KEY,
        "KOULUTIE_HETU_KEY": HETU_KEY,
        "KOULUTIE_LOG_KEY": LOG_KEY,
        "KOULUTIE_FACTOR_KEY": FACTOR_KEY,
    },
    cache=str(CACHES["default"]["BACKEND"]),
)
insist(DEPLOYMENT)

LOGGING = logging_settings(
    level=text("KOULUTIE_LOG", "WARNING"),
    as_json=flag("KOULUTIE_LOG_JSON", default=DEPLOYMENT.is_production),
)
