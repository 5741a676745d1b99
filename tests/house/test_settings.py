"""Settings come from the environment, and what is wrong is said before anything starts."""

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest

from config import ROOT, Settings, SettingsError, database_url, read_env_file

KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()
SECRETS = {"SECRET_KEY": "s" * 32, "FIELD_KEY": KEY, "AUDIT_KEY": KEY}
NO_FILE = Path("/nonexistent/demo.env")


def read(**environ: str) -> Settings:
    return Settings.from_environment({**SECRETS, **environ}, demo_env=NO_FILE)


@pytest.mark.parametrize("name", SECRETS)
def test_a_missing_secret_stops_the_start_and_is_named(name: str):
    with pytest.raises(SettingsError, match=f"{name} is missing"):
        read(**{name: ""})


def test_everything_that_is_wrong_is_said_together():
    with pytest.raises(SettingsError) as caught:
        read(SECRET_KEY="short", FIELD_KEY="?", PORT="http", COOKIE_SECURE="maybe")
    assert [problem.partition(" ")[0] for problem in caught.value.problems] == [
        "SECRET_KEY",
        "FIELD_KEY",
        "PORT",
        "COOKIE_SECURE",
    ]


def test_the_start_ends_with_the_list_and_without_a_traceback():
    program = "import config, pathlib; config.DEMO_ENV = pathlib.Path('/nonexistent'); import run"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    for name in SECRETS:
        assert f"{name} is missing" in done.stderr


def test_a_secret_never_shows_when_the_settings_are_printed():
    shown = repr(read())
    assert "s" * 32 not in shown
    assert "field_key" not in shown


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("postgres://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        ("postgresql://u@h/d", "postgresql+psycopg://u@h/d"),
        ("postgresql+psycopg2://u@h/d", "postgresql+psycopg://u@h/d"),
        ("postgresql+psycopg://u@h/d", "postgresql+psycopg://u@h/d"),
        ("sqlite:////var/lib/k.db", "sqlite:////var/lib/k.db"),
    ],
)
def test_a_database_address_is_read_for_the_driver_in_use(given: str, used: str):
    assert database_url(given) == used


def test_without_an_address_the_embedded_database_is_used():
    assert read().is_sqlite
    assert read().database_url.endswith("instance/keydesk.db")


def test_signing_in_needs_a_key_unless_switched_off():
    assert read().login_requires_key is True
    assert read(LOGIN_REQUIRES_KEY="no").login_requires_key is False


def test_keys_are_bound_to_this_machine_unless_an_address_is_named():
    assert (read(PORT="8099").key_origins, read().key_rp_id) == (
        ("http://localhost:8099",),
        "localhost",
    )
    named = read(WEBAUTHN_ORIGINS="https://keys.example.gov.cn/ https://keys.example.gov.cn:8443")
    assert named.key_origins == (
        "https://keys.example.gov.cn",
        "https://keys.example.gov.cn:8443",
    )
    assert named.key_rp_id == "keys.example.gov.cn"
    above = {"WEBAUTHN_ORIGINS": "https://a.example.cn,https://b.example.cn"}
    assert read(**above, WEBAUTHN_RP_ID="example.cn").key_rp_id == "example.cn"


@pytest.mark.parametrize(
    "said",
    [
        {"WEBAUTHN_ORIGINS": "http://keys.example.gov.cn"},
        {"WEBAUTHN_ORIGINS": "https://10.0.0.7"},
        {"WEBAUTHN_ORIGINS": "https://keys.example.gov.cn/login"},
        {"WEBAUTHN_ORIGINS": "keys.example.gov.cn"},
        {"WEBAUTHN_ORIGINS": "https://a.example.cn", "WEBAUTHN_RP_ID": "example.org"},
        {"WEBAUTHN_ORIGINS": "https://a.example.cn https://b.example.org"},
        {"WEBAUTHN_RP_ID": "keys.example.gov.cn"},
    ],
)
def test_an_address_at_which_no_key_would_answer_stops_the_start(said: dict[str, str]):
    with pytest.raises(SettingsError, match="WEBAUTHN"):
        read(**said)


def test_the_environment_wins_over_the_file_of_the_demo(tmp_path: Path):
    file = tmp_path / "demo.env"
    file.write_text(f"# secrets\nSECRET_KEY={'d' * 40}\nFIELD_KEY={KEY}\nAUDIT_KEY={KEY}\n")
    assert Settings.from_environment({}, demo_env=file).secret_key == "d" * 40
    given = Settings.from_environment({"SECRET_KEY": "e" * 40}, demo_env=file)
    assert given.secret_key == "e" * 40


def test_the_demo_writes_its_secrets_once_for_its_owner_only(tmp_path: Path):
    for folder in ("scripts", "."):
        (tmp_path / folder).mkdir(exist_ok=True)
    for name in ("config.py", "scripts/demo_secrets.py"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    command = [sys.executable, str(tmp_path / "scripts" / "demo_secrets.py")]
    environment = {"PATH": os.environ["PATH"]}
    subprocess.run(command, check=True, capture_output=True, env=environment)
    file = tmp_path / "instance" / "demo.env"
    first = file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    assert set(read_env_file(file)) == {*SECRETS, "LOGIN_REQUIRES_KEY"}
    assert Settings.from_environment({}, demo_env=file).secret_key
    subprocess.run(command, check=True, capture_output=True, env=environment)
    assert file.read_text() == first
