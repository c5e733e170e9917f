"""The source as the tests of the house see it."""

import ast
import functools
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src"
NOT_OURS = {"node_modules", "var", "static_root", "test-results", "dist", "build", "__pycache__"}
TEXTS = {
    ".cfg", ".css", ".csv", ".html", ".in", ".ini", ".js", ".json", ".md", ".mjs", ".py", ".sh", ".sql", ".svg",
    ".toml", ".txt", ".typ", ".yaml", ".yml", "",
}  # fmt: skip


@dataclass(frozen=True)
class Module:
    """One Python file of the package: its dotted name, its path from the root of the repository, its tree."""

    name: str
    path: Path
    tree: ast.Module
    is_package: bool

    def imported(self) -> Iterator[tuple[int, str]]:
        """Line and full dotted name of whatever is imported, names taken `from` a module included."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                start = self._climbed(node.level) + ([node.module] if node.module else [])
                yield node.lineno, ".".join(start)
                yield from ((node.lineno, ".".join([*start, alias.name])) for alias in node.names)

    def _climbed(self, level: int) -> list[str]:
        if level == 0:
            return []
        parts = self.name.split(".")
        return parts[: len(parts) - level + self.is_package]


@functools.cache
def modules() -> tuple[Module, ...]:
    """Every Python file under src/, migrations left out: Django writes those."""
    found = []
    for path in sorted(SOURCE.rglob("*.py")):
        relative = path.relative_to(SOURCE)
        if "migrations" in relative.parts:
            continue
        parts = relative.with_suffix("").parts
        is_package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if is_package else parts)
        tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
        found.append(Module(name, path.relative_to(ROOT), tree, is_package))
    return tuple(found)


@functools.cache
def texts() -> tuple[tuple[Path, str], ...]:
    """Every text file that could be committed, without asking git: an archive without .git is checked as well."""
    found = []
    for folder, inner, names in os.walk(ROOT):
        inner[:] = [name for name in inner if name not in NOT_OURS and (name == ".ci" or not name.startswith("."))]
        found += [Path(folder, name) for name in names if Path(name).suffix in TEXTS]
    return tuple((path.relative_to(ROOT), path.read_text(encoding="utf-8", errors="replace")) for path in sorted(found))
