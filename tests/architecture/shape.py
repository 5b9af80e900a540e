"""Prints the modules over 300 lines and the functions over 25, longest first.

A report, not a limit: a module is split when it holds two nouns, never to please a number.
"""

import ast
import sys
from pathlib import Path

SRC = Path(__file__).parents[2] / "src"
LONG = {"module": 300, "function": 25}


def code_length(function):
    """Return how many lines the function has below its docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def lengths():
    """Yield the kind, the lines and the place of every module and function."""
    for path in SRC.rglob("*.py"):
        if "node_modules" in path.parts:
            continue
        text, place = path.read_text(encoding="utf-8"), path.relative_to(SRC).as_posix()
        yield "module", len(text.splitlines()), place
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield "function", code_length(node), f"{place}:{node.lineno} {node.name}"


def report():
    """Yield the lines of the report."""
    found = sorted(lengths(), key=lambda row: -row[1])
    for wanted, limit in LONG.items():
        sizes = [size for kind, size, _ in found if kind == wanted]
        for kind, size, place in found:
            if kind == wanted and size > limit:
                yield f"{size:6}  {place}"
        half, tenth = sizes[len(sizes) // 2], sizes[len(sizes) // 10]
        yield f"{len(sizes)} {wanted}s: half up to {half} lines, nine in ten up to {tenth}"


if __name__ == "__main__":
    sys.stdout.writelines(f"{line}\n" for line in report())
