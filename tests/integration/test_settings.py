"""The environment: what it may say, and what is said about mistakes."""

import stat

import pytest

from entrypoints.settings import Settings, SettingsError, embedded

KEY = "k" * 40


def read(folder, **names):
    """Return the settings of an environment with these PORTAL_ names."""
    return Settings.read(
        {"PATH": "/bin", "PORTAL_DATA_DIR": str(folder)}
        | {f"PORTAL_{name}": value for name, value in names.items()}
    )


def complaint(folder, **names):
    """Return what is wrong with an environment."""
    with pytest.raises(SettingsError) as caught:
        read(folder, **names)
    return str(caught.value)


def test_nothing_needs_to_be_set(tmp_path):
    settings = read(tmp_path)
    assert settings.database_url == f"sqlite:///{tmp_path / 'portal.db'}"
    assert (settings.time_zone, settings.currency, settings.locale) == ("UTC", "AUD", "en")
    assert settings.log_level == "info"
    assert settings.log_format is None
    assert settings.secret_keys == ()


def test_everything_can_be_set(tmp_path):
    settings = read(
        tmp_path,
        DATABASE_URL="postgresql://db/portal",
        QUEUE_URL="redis://queue",
        PUBLIC_URL="https://Portal.Example.com/",
        SECRET_KEYS=f"{KEY}, {KEY[::-1]}x",
        TRUSTED_PROXIES="10.0.0.0/8, 192.0.2.7",
        SMTP_URL="smtp+starttls://user:secret@mail.example.com:587",
        MAIL_FROM="Atrium <portal@example.com>",
        WEBHOOK_ALLOWED_NETWORKS="10.1.0.0/16",
        LOG_FORMAT="JSON",
        LOG_LEVEL="warning",
        TIME_ZONE="Australia/Sydney",
        CURRENCY="EUR",
        LOCALE="en_AU",
    )
    assert settings.public_url == "https://portal.example.com"
    assert settings.trusted_proxies == ("10.0.0.0/8", "192.0.2.7/32")
    assert settings.log_format == "json"
    assert settings.locale == "en-AU"
    assert settings.serving() is settings


@pytest.mark.parametrize(
    ("name", "value", "cure"),
    [
        ("DATABASE_URL", "mysql://db", "postgresql://"),
        ("QUEUE_URL", "amqp://x", "redis://"),
        ("PUBLIC_URL", "portal.example.com", "https://portal.example.com"),
        ("PUBLIC_URL", "https://portal.example.com/path", "leave out"),
        ("PUBLIC_URL", "https://user@portal.example.com", "such as"),
        ("SECRET_KEYS", "short", "at least 32"),
        ("SECRET_KEYS", f"{KEY},{KEY}", "twice"),
        ("TRUSTED_PROXIES", "10.0.0.1/8", "10.0.0.0/8"),
        ("SMTP_URL", "http://mail", "smtp://"),
        ("MAIL_FROM", "nobody", "such as"),
        ("LOG_FORMAT", "xml", "console, json"),
        ("LOG_LEVEL", "loud", "debug, info"),
        ("TIME_ZONE", "Sydney", "Australia/Sydney"),
        ("CURRENCY", "dollars", "AUD"),
        ("LOCALE", "English", "en-AU"),
    ],
)
def test_a_wrong_value_is_named_with_its_cure(tmp_path, name, value, cure):
    text = complaint(tmp_path, **{name: value})
    assert text.startswith(f"PORTAL_{name}: ")
    assert cure in text
    assert KEY not in text


def test_an_unknown_name_is_refused_with_the_nearest_known_one(tmp_path):
    text = complaint(tmp_path, PUBLIC_ULR="https://x.example")
    assert text == (
        "PORTAL_PUBLIC_ULR: there is no such setting; did you mean PORTAL_PUBLIC_URL?"
    )
    assert "there is no such setting." in complaint(tmp_path, QQQQQ="1")


def test_every_mistake_is_told_at_once(tmp_path):
    text = complaint(tmp_path, CURRENCY="x", LOG_LEVEL="y", NONSENSE="z")
    assert len(text.splitlines()) == 3


def test_names_for_tests_and_of_others_are_left_alone(tmp_path):
    assert read(tmp_path, TEST_POSTGRES_URL="anything").database_url.startswith("sqlite")


def test_a_value_may_come_from_a_file(tmp_path):
    path = tmp_path / "keys"
    path.write_text(f"{KEY}\n")
    assert read(tmp_path, SECRET_KEYS_FILE=str(path)).secret_keys == (KEY,)
    assert "can't be read" in complaint(tmp_path, SECRET_KEYS_FILE=str(path) + "x")
    both = complaint(tmp_path, SECRET_KEYS_FILE=str(path), SECRET_KEYS=KEY)
    assert "set it once" in both
    assert KEY not in both


def test_serving_needs_an_address_and_keys(tmp_path):
    with pytest.raises(SettingsError, match="PORTAL_PUBLIC_URL is missing"):
        read(tmp_path).serving()
    with pytest.raises(SettingsError, match="PORTAL_SECRET_KEYS is missing"):
        read(tmp_path, PUBLIC_URL="https://portal.example.com").serving()


def test_the_embedded_portal_makes_its_own_secret_once(tmp_path):
    folder = tmp_path / "data"
    settings = embedded(read(folder), host="127.0.0.1", port=8080)
    assert settings.public_url == "http://127.0.0.1:8080"
    assert settings.embedded
    kept = folder / "secret_keys"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    again = embedded(read(folder), host="::1", port=80)
    assert again.secret_keys == settings.secret_keys
    assert again.public_url == "http://[::1]:80"
    assert read(folder).secret_keys == settings.secret_keys


def test_another_data_folder_moves_what_lies_in_it(tmp_path):
    settings = read(tmp_path / "one").in_folder(tmp_path / "two")
    assert settings.database_url == f"sqlite:///{tmp_path / 'two' / 'portal.db'}"
    kept = read(tmp_path / "one", DATABASE_URL="postgresql://db/x", SECRET_KEYS=KEY)
    moved = kept.in_folder(tmp_path / "two")
    assert moved.database_url == "postgresql://db/x"
    assert moved.secret_keys == (KEY,)
