"""One settings file; everything that differs between machines comes from the environment (``config.env``)."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from bihuan.config import env

PACKAGE = Path(__file__).resolve().parent.parent
ROOT = PACKAGE.parent.parent
DATA = Path(env.text("BIHUAN_DATA", str(ROOT / "var")))
DEMO = env.flag("BIHUAN_DEMO")
DEBUG = False


def _secret() -> str:
    """The key from the environment; an embedded installation makes one and keeps it beside its database."""
    if given := env.text("BIHUAN_SECRET_KEY"):
        return given
    kept = DATA / "secret-key"
    if not kept.exists():
        DATA.mkdir(parents=True, exist_ok=True)
        fresh = kept.with_suffix(f".{os.getpid()}")
        fresh.write_text(secrets.token_urlsafe(48), encoding="utf-8")
        fresh.chmod(0o600)
        fresh.rename(kept)
    return kept.read_text(encoding="utf-8").strip()


SECRET_KEY = _secret()
BIHUAN_DATA_KEYS = env.keys("BIHUAN_DATA_KEYS")
ALLOWED_HOSTS = env.text("BIHUAN_HOSTS", "localhost,127.0.0.1,[::1],testserver").split(",")
CSRF_FAILURE_VIEW = "bihuan.config.errors.form_expired"
CSRF_TRUSTED_ORIGINS = [origin for origin in env.text("BIHUAN_ORIGINS").split(",") if origin]
BIHUAN_URL = env.text("BIHUAN_URL", "http://127.0.0.1:8000").rstrip("/")
BIHUAN_HTTPS = env.flag("BIHUAN_HTTPS")

INSTALLED_APPS = [
    "bihuan.foundation",
    "bihuan.accounts",
    "bihuan.engines.responsibility",
    "bihuan.engines.sheets",
    "bihuan.engines.duties",
    "bihuan.engines.cases",
    "bihuan.mechanisms.risks",
    "bihuan.mechanisms.inspections",
    "bihuan.mechanisms.ledgers",
    "bihuan.mechanisms.mandates",
    "bihuan.mechanisms.meetings",
    "bihuan.mechanisms.plans",
    "bihuan.mechanisms.periods",
    "bihuan.mechanisms.pledges",
    "bihuan.mechanisms.patrols",
    "bihuan.mechanisms.ratings",
    "bihuan.mechanisms.tips",
    "bihuan.mechanisms.training",
    "bihuan.surfaces.archive",
    "bihuan.surfaces.workbench",
    "bihuan.surfaces.mobile",
    "bihuan.surfaces.openapi",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "template_partials",
    "django_vite",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "bihuan.config.middleware.PolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "bihuan.config.middleware.ActorMiddleware",
    "bihuan.config.middleware.RefusalMiddleware",
]
ROOT_URLCONF = "bihuan.config.urls"
ASGI_APPLICATION = "bihuan.config.asgi.application"
BIHUAN_THREADS = env.number("BIHUAN_THREADS", 8)
BIHUAN_PROXIES = env.number("BIHUAN_PROXIES", 0)
BIHUAN_TIPS_PER_LABEL = env.number("BIHUAN_TIPS_PER_LABEL", 5)
BIHUAN_TIPS_PER_ADDRESS = env.number("BIHUAN_TIPS_PER_ADDRESS", 20)
BIHUAN_TIPS_PER_SCHOOL = env.number("BIHUAN_TIPS_PER_SCHOOL", 60)
BIHUAN_TIPS_LOOKUPS = env.number("BIHUAN_TIPS_LOOKUPS", 60)
BIHUAN_TIPS_PHOTOS = env.number("BIHUAN_TIPS_PHOTOS", 100)
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "bihuan.foundation.pages.context.shell",
                "bihuan.surfaces.workbench.context.desk",
            ],
            "builtins": ["bihuan.foundation.pages.tags"],
        },
    }
]

DATABASES = {
    "default": env.database(
        env.text("BIHUAN_DATABASE_URL"),
        data=DATA,
        synchronous=env.one_of("BIHUAN_SQLITE_SYNCHRONOUS", "FULL", "NORMAL"),
    )
}
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
LOGIN_URL = "/sign-in/"
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BIHUAN_HTTPS
SESSION_COOKIE_AGE = 12 * 3600
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if BIHUAN_HTTPS else 0
X_FRAME_OPTIONS = "DENY"
# Leaflet, htmx indicators and Tabler set style attributes; scripts stay strict
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src 'self' blob:; worker-src 'self' blob:; object-src 'none'; "
    "frame-ancestors 'none'; base-uri 'self'; form-action 'self'"
)

LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

STATIC_URL = "/static/"
STATICFILES_DIRS = [path for path in [ROOT / "frontend" / "dist"] if path.exists()]
STATIC_ROOT = DATA / "static"
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 31_536_000
DJANGO_VITE = {"default": {"dev_mode": False, "manifest_path": ROOT / "frontend" / "dist" / "manifest.json"}}

BIHUAN_MEDIA_ROOT = DATA / "evidence"
BIHUAN_PACKS = Path(env.text("BIHUAN_PACKS", str(ROOT / "packs")))
BIHUAN_FONT_DIRS = [path for path in env.text("BIHUAN_FONT_DIRS").split(os.pathsep) if path]
MEDIA_ROOT = BIHUAN_MEDIA_ROOT
STORAGES = {
    "default": {"BACKEND": "bihuan.foundation.evidence.durable_files.DurableFiles"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 4000
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.text("BIHUAN_LOG", "WARNING")},
}
