"""The repository holds no address of a registry, no path of a machine, no loose ends."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOPS = ["docs", "requirements", "src", "tests", ".ci", "*.md", "*.py", "*.toml", "NOTICE"]
BUILT = {"node_modules", "static", "__pycache__"}
BINARY = {".ico", ".png", ".woff2", ".pyc", ".gz", ".br", ".db"}
REGISTRY = re.compile(r"https?://(files|registry|deb|mirror|pypi|npm)[.-]", re.IGNORECASE)
MACHINE = re.compile(r"(?<![\w.])/(root|home|work|Users)/\w")


def files():
    """Yield the files that people of this project write, and the locks."""
    for top in TOPS:
        for found in ROOT.glob(top):
            for path in found.rglob("*") if found.is_dir() else [found]:
                built = BUILT & set(path.relative_to(ROOT).parts)
                if path.is_file() and not built and path.suffix not in BINARY:
                    yield path


@pytest.mark.parametrize("pattern", [REGISTRY, MACHINE], ids=["registry", "machine"])
def test_no_file_names_a_registry_or_a_place_on_a_machine(pattern):
    texts = {path: path.read_text(encoding="utf-8") for path in files()}
    assert not {
        path.name: pattern.findall(text)
        for path, text in texts.items()
        if pattern.search(text)
    }


@pytest.mark.parametrize(
    "path", sorted(ROOT.glob("requirements/*.txt")), ids=lambda p: p.stem
)
def test_every_pin_has_a_hash_and_no_lock_has_an_address(path):
    lock = path.read_text(encoding="utf-8")
    assert "://" not in lock
    for pin in re.split(r"\n(?=\S)", lock.strip()):
        assert re.match(r"\S+==\S+", pin), pin
        assert "--hash=sha256:" in pin, pin
