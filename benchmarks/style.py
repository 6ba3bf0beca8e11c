"""How readable the code is: lengths, docstrings, packed statements and comments of a package, as a
table in Markdown.

    python benchmarks/style.py liquid_nav
    python benchmarks/style.py liquid_nav path/to/another/package --json style.json

Several packages stand beside each other, so that the numbers can be compared with those of
well-kept projects.
"""

from __future__ import annotations

import argparse
import ast
import json
import statistics
import subprocess
import sys
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

SKIP = "fmt: skip"
"""Comment that keeps a formatter away from a statement."""


@dataclass
class Counts:
    """What is counted in a package."""

    lengths: list[int]
    """Lines of each file."""
    public: int = 0
    """Public modules, classes and functions."""
    documented: int = 0
    """Of these with a docstring."""
    fields: int = 0
    """Fields of dataclasses."""
    documented_fields: int = 0
    """Of these with a docstring of their own: a string right after the field."""
    assignments: int = 0
    """Assignments to names, attributes and items."""
    packed: int = 0
    """Of these with a tuple of values for a tuple of targets, or with several targets (``a = b =
    0``).
    """
    conditional: int = 0
    """Conditional expressions (``a if b else c``)."""
    hidden_imports: int = 0
    """Imports inside functions."""
    comments: int = 0
    """Lines that hold a comment and nothing else."""
    skips: int = 0
    """Comments that keep a formatter away."""

    def add(self, text: str) -> None:
        """Count one file.

        Args:
            text: The source of the file.

        Raises:
            SyntaxError: It is no Python.
        """
        self.lengths.append(text.count("\n"))
        tree = ast.parse(text)
        self._count_docstrings(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign):
                self.assignments += 1
                self.packed += is_packed(node)
            elif isinstance(node, (ast.AnnAssign, ast.AugAssign)):
                self.assignments += 1
            elif isinstance(node, ast.IfExp):
                self.conditional += 1
            elif isinstance(node, ast.ClassDef) and is_dataclass(node):
                self._count_fields(node)
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                self.hidden_imports += count_imports(node)
        self._count_comments(text)

    def _count_docstrings(self, tree: ast.Module) -> None:
        for node in public_definitions(tree):
            self.public += 1
            self.documented += ast.get_docstring(node) is not None

    def _count_fields(self, node: ast.ClassDef) -> None:
        following = [*node.body[1:], None]
        for statement, after in zip(node.body, following, strict=True):
            if isinstance(statement, ast.AnnAssign):
                self.fields += 1
                self.documented_fields += is_string(after)

    def _count_comments(self, text: str) -> None:
        lines = iter(text.splitlines(keepends=True))
        for token in tokenize.generate_tokens(lambda: next(lines, "")):
            if token.type != tokenize.COMMENT:
                continue
            self.comments += token.line.strip() == token.string
            self.skips += SKIP in token.string

    def rows(self) -> dict[str, float]:
        """Return the measures by the name that the table gives them."""
        lines = sum(self.lengths)
        return {
            "files": len(self.lengths),
            "lines": lines,
            "median file (lines)": statistics.median(self.lengths),
            "longest file (lines)": max(self.lengths),
            "public names with a docstring (%)": percent(self.documented, self.public),
            "dataclass fields": self.fields,
            "of these with a docstring of their own (%)": percent(
                self.documented_fields, self.fields
            ),
            "packed or chained assignments (%)": percent(self.packed, self.assignments),
            "conditional expressions per 1,000 lines": 1000.0 * self.conditional / lines,
            "imports inside functions per 1,000 lines": 1000.0 * self.hidden_imports / lines,
            "comment lines (%)": percent(self.comments, lines),
            "fmt: skip": self.skips,
        }


def measure(package: Path) -> dict[str, float]:
    """Return the measures of all Python files below a folder.

    Raises:
        ValueError: There is none, or one that is no Python.
    """
    counts = Counts([])
    for path in sorted(package.rglob("*.py")):
        try:
            counts.add(path.read_text(encoding="utf-8"))
        except SyntaxError as error:
            raise ValueError(f"{path} is no Python: {error}") from error
    if not counts.lengths:
        raise ValueError(f"{package} holds no Python files")
    return counts.rows() | {"files that ruff format would change": unformatted(package)}


def unformatted(package: Path) -> int:
    """Return how many files below a folder ``ruff format`` would change, by the project's own
    settings.
    """
    command = [
        sys.executable,
        "-m",
        "ruff",
        "format",
        "--check",
        "--quiet",
        "--output-format",
        "json",
        str(package),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return len({finding["filename"] for finding in json.loads(done.stdout or "[]")})


def public_definitions(
    tree: ast.Module,
) -> Iterator[ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield the module, its public classes and functions, and the public methods of these
    classes.
    """
    yield tree
    for node in tree.body:
        if not isinstance(
            node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
        ) or node.name.startswith("_"):
            continue
        yield node
        for part in node.body if isinstance(node, ast.ClassDef) else ():
            if isinstance(
                part, (ast.FunctionDef, ast.AsyncFunctionDef)
            ) and not part.name.startswith("_"):
                yield part


def is_packed(node: ast.Assign) -> bool:
    """Whether an assignment gives a tuple of values to a tuple of targets, or one value to several
    targets.
    """
    pairs = isinstance(node.targets[0], ast.Tuple) and isinstance(node.value, ast.Tuple)
    return pairs or len(node.targets) > 1


def is_dataclass(node: ast.ClassDef) -> bool:
    """Whether a class is decorated with ``dataclass``, called or not, by whatever path."""
    return any(
        "dataclass" in ast.unparse(decorator).split("(")[0] for decorator in node.decorator_list
    )


def is_string(node: ast.stmt | None) -> bool:
    """Whether a statement is a string and nothing else."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def count_imports(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return how many import statements stand in a function itself, those of functions inside it
    left out.
    """
    found = 0
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        found += isinstance(node, (ast.Import, ast.ImportFrom))
        waiting += ast.iter_child_nodes(node)
    return found


def percent(part: int, whole: int) -> float:
    """Return a share in per cent, 0 of nothing."""
    return 100.0 * part / whole if whole else 0.0


def draw_table(measured: dict[str, dict[str, float]]) -> str:
    """Return the measures of several packages as a table in Markdown, a column for each."""
    lines = ["| | " + " | ".join(measured) + " |", "|---|" + "---:|" * len(measured)]
    for name in next(iter(measured.values())):
        cells = (f"{rows[name]:.1f}".removesuffix(".0") for rows in measured.values())
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; 2 for a folder that cannot be measured."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("packages", type=Path, nargs="+", help="folders of Python files")
    parser.add_argument("--json", type=Path, help="also write the measures there")
    options = parser.parse_args(arguments)
    try:
        measured = {str(package): measure(package) for package in options.packages}
    except (OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if options.json is not None:
        options.json.write_text(json.dumps(measured, indent=2) + "\n")
    print(draw_table(measured))
    return 0


if __name__ == "__main__":
    sys.exit(main())
