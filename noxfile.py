"""All that is done to this project, by name: `python3 noxfile.py -l` prints the list.

It needs Python and its package index, nothing else: run as a program, it first makes an
environment with nox and uv from requirements/nox.txt, and goes on there.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).parent
TOOLS = ROOT / ".nox" / "bootstrap"
LOCK = ROOT / "requirements" / "nox.txt"


def bootstrap() -> Path:
    """Make the environment that nox runs in, unless it is there, and return its Python."""
    python = TOOLS / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = TOOLS / "stamp"
    wanted = hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return python
    print("Setting up nox and uv in .nox/bootstrap …", flush=True)  # noqa: T201 - before nox there is no log
    try:
        venv.create(TOOLS, with_pip=True, clear=True)
    except (subprocess.CalledProcessError, ModuleNotFoundError):
        sys.exit("This Python comes without ensurepip. Cure: apt-get install python3-venv")
    pip = ["-m", "pip", "install", "--quiet", "--require-hashes", "-r", str(LOCK)]
    subprocess.run([str(python), *pip], check=True)  # noqa: S603 - our own words
    stamp.write_text(wanted)
    return python


if __name__ == "__main__":
    if sys.version_info < (3, 11):  # noqa: UP036 - it speaks to those who have an older one
        sys.exit(f"Atrium needs Python 3.11 or newer; this is {sys.version.split()[0]}.")
    again = [str(bootstrap()), "-m", "nox", "-f", __file__, *sys.argv[1:]]
    if os.name == "nt":
        sys.exit(subprocess.call(again))  # noqa: S603 - our own words
    os.execv(again[0], again)  # noqa: S606 - our own words

import nox

RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"
PYTHONS = sorted({"3.11", "3.12", "3.13", RUNNING})
LOCKS = {
    "run": ["pyproject.toml"],
    "test": ["pyproject.toml", "--group=test"],
    "lint": ["--group=lint"],
    "build": ["--group=build"],
    "nox": ["--group=nox"],
}

nox.needs_version = ">=2025.5.1"
nox.options.default_venv_backend = "uv"
nox.options.download_python = "never"
nox.options.error_on_external_run = True
nox.options.reuse_venv = "yes"
nox.options.sessions = ["lint", "types", f"architecture-{RUNNING}", f"tests-{RUNNING}"]


def install(
    session: nox.Session, *locks: str, project: bool = True, into: str = ""
) -> None:
    """Install what the locks pin, hashes checked, and the project itself."""
    where = [f"--python={into}"] if into else []
    for lock in locks:
        requirements = f"--requirements=requirements/{lock}.txt"
        session.install(*where, "--require-hashes", requirements)
    if project:
        build = ["--preview-features=build-dependency-hashes", "--require-build-hashes"]
        build += ["--build-constraints=requirements/build.txt"]
        session.install(*where, "--no-deps", *build, "--editable=.")


def compile_lock(session: nox.Session, name: str, folder: Path, *options: str) -> None:
    """Write one lock for every supported Python and system, without an address in it."""
    session.run(
        *("uv", "pip", "compile", *LOCKS[name], "--quiet", "--universal", *options),
        *("--python-version=3.11", "--generate-hashes", "--no-header", "--no-annotate"),
        *("--no-emit-index-url", f"--output-file={folder / name}.txt"),
        silent=True,
    )


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and format."""
    install(session, "lint", project=False)
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")


@nox.session
def types(session: nox.Session) -> None:
    """Check types, strictly."""
    install(session, "run", "lint", project=False)
    session.run("mypy")


@nox.session(python=PYTHONS)
def architecture(session: nox.Session) -> None:
    """Check that dependencies point inwards and the promises of the architecture hold."""
    install(session, "test", "lint")
    session.run("lint-imports")
    session.run("pytest", "tests/architecture", *session.posargs)


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run every other test that needs no browser and takes no minutes."""
    install(session, "test")
    quick = ["-m", "not browser and not slow", "--ignore=tests/architecture"]
    session.run("pytest", *quick, "-n", "auto", *session.posargs)


@nox.session
def oldest(session: nox.Session) -> None:
    """Run the unit and contract tests on the oldest dependencies that pyproject allows."""
    session.install("--resolution=lowest-direct", "--editable=.", "--group=test")
    session.run("pytest", "tests/unit", "tests/contract", "-n", "auto", *session.posargs)


@nox.session
def unit(session: nox.Session) -> None:
    """Run the tests of the rules alone: memory adapters, no I/O, under five seconds."""
    install(session, "test")
    session.run("pytest", "tests/unit", *session.posargs)


@nox.session
def contract(session: nox.Session) -> None:
    """Run the contract of every port on each of its adapters."""
    install(session, "test")
    session.run("pytest", "tests/contract", "-n", "auto", *session.posargs)


@nox.session
def coverage(session: nox.Session) -> None:
    """Measure the tests of the core; less than 95 % of its lines and branches fails."""
    install(session, "test")
    core = ["tests/unit", "tests/property", "tests/contract"]
    session.run("coverage", "run", "-m", "pytest", "-m", "not external", *core)
    session.run("coverage", "report")


@nox.session
def e2e(session: nox.Session) -> None:
    """Use the portal as people do: the command line, and Chromium if it is here."""
    install(session, "test")
    mine = ["-m", "browser or slow", "--ignore=tests/e2e/test_api_schema.py"]
    each = ["-n", "auto", "--dist=loadscope"]
    session.run("pytest", "tests/e2e", *mine, *each, *session.posargs)


@nox.session
def api(session: nox.Session) -> None:
    """Ask the API what its document allows, and what it does not."""
    install(session, "test")
    session.run("pytest", "tests/e2e/test_api_schema.py", *session.posargs)


@nox.session
def faults(session: nox.Session) -> None:
    """Kill web and worker at random moments, and count what arrives."""
    install(session, "test")
    session.run("pytest", "tests/faults", "-n", "4", "-rP", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Load the production layout with data and print what it does per second."""
    install(session, "test")
    session.run("python", "-m", "tests.bench", *session.posargs)


@nox.session
def schema(session: nox.Session) -> None:
    """Check that migrations match the tables, and go up, down and up on both databases."""
    install(session, "test")
    session.run("pytest", "tests/architecture/test_migrations.py", *session.posargs)


@nox.session
def migration(session: nox.Session) -> None:
    """Draft a migration for what the tables have and the newest one has not."""
    install(session, "run")
    session.run("python", "tests/architecture/draft_migration.py", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Check that commands in the documents exist and that links arrive."""
    install(session, "test")
    session.run("pytest", "tests/architecture/test_documents.py", *session.posargs)


@nox.session
def shape(session: nox.Session) -> None:
    """Print the modules over 300 lines and the functions over 25, longest first."""
    session.run("python", "tests/architecture/shape.py")


@nox.session
def assets(session: nox.Session) -> None:
    """Build the front end again, with the machine's node or with one from the index."""
    install(session, "build", project=False)
    session.run("python", "hatch_build.py", *session.posargs)


@nox.session
def wheel(session: nox.Session) -> None:
    """Build the wheel of a fresh clone without node, and run it from an empty folder."""
    shutil.rmtree(session.create_tmp())
    folder = Path(session.create_tmp()).resolve()
    session.run("git", "clone", "--quiet", ".", f"{folder}/clone", external=True)
    no_node = {"PATH": session.bin}
    session.run(
        "uv", "build", "--wheel", f"--out-dir={folder}", f"{folder}/clone", env=no_node
    )
    install(session, "run", project=False)
    session.install("--no-deps", "--reinstall", *map(str, folder.glob("*.whl")))
    data = {"PORTAL_DATA_DIR": str(folder / "data")}
    with session.chdir(folder):
        for words in ("upgrade", "check"):
            session.run("portal", "db", words, env=data)


@nox.session
def lock(session: nox.Session) -> None:
    """Pin the dependencies again; `-- --upgrade` takes the newest that pyproject allows."""
    for name in LOCKS:
        compile_lock(session, name, ROOT / "requirements", *session.posargs)


@nox.session
def locked(session: nox.Session) -> None:
    """Check that the locks fit pyproject."""
    folder = Path(session.create_tmp())
    for name in LOCKS:
        kept = (ROOT / "requirements" / f"{name}.txt").read_text()
        (folder / f"{name}.txt").write_text(kept)
        compile_lock(session, name, folder)
        if (folder / f"{name}.txt").read_text() != kept:
            session.error(f"{name}.txt does not fit pyproject: run nox -s lock")


@nox.session
def dev(session: nox.Session) -> None:
    """Make .venv, with the portal and every tool, to work in by hand."""
    session.run("uv", "venv", "--quiet", "--allow-existing", ".venv")
    install(session, "test", "lint", "nox", into=".venv")


@nox.session
def demo(session: nox.Session) -> None:
    """Start the portal with demo data, kept in .demo; words after `--` go to it."""
    install(session, "run")
    command = ["portal", "up", "--demo", "--data=.demo", *session.posargs]
    session.run(*command, interrupt_timeout=20, terminate_timeout=5)
