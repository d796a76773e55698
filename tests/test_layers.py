"""The architecture: data moves one way, imports point down, each dependency has its place."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import identity_cli

PACKAGE = Path(identity_cli.__file__).parent

# From the bottom up; within a line nobody imports another.
LAYERS = [
    "errors events javascript values facts run_mark warning_types comparison",
    "processes",
    "files",
    "origins",
    "rules dialects internal_users",
    "properties",
    "persons",
    "owners buffer ordering arrivals door",
    "journal",
    "person_changes",
    "processing",
    "resolver source_choice",
    "reader",
    "sorted_reader repeats answers left_out rejections unmodelled",
    "log_items",
    "intake",
    "reading",
    "second_process",
    "store",
    "overflow",
    "finishing",
    "edits replayer",
    "trials",
    "replaying",
    "scope",
    "counterfactual comparing",
    "reports",
    "cli",
    "__init__ __main__",
]
HEIGHT = {part: height for height, layer in enumerate(LAYERS) for part in layer.split()}

# Where a module from elsewhere may be imported; all others must be of the standard library.
FOREIGN = {
    "click": ("cli/",),
    "rich": ("cli/render.py",),
    "msgspec": ("dialects/", "store/", "log_items.py", "second_process.py"),
    "xxhash": ("files/",),
    "pyarrow": ("files/parquet_file.py",),
    "zstandard": ("files/zstd_file.py",),
    "brotli": ("files/brotli_file.py",),
    "re2": ("internal_users/patterns.py",),
}
# Modules of the standard library that have their place.
PLACED = {
    "sqlite3": ("store/",),
    "argparse": (),
    "logging": (),
    "pickle": ("second_process.py",),
}
MODULES = sorted(PACKAGE.rglob("*.py"))


def name_of(module: Path) -> str:
    return module.relative_to(PACKAGE).as_posix()


def part_of(module: Path) -> str:
    return module.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_of(module: Path) -> Iterator[ast.Import | ast.ImportFrom]:
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node


def own_parts(module: Path) -> Iterator[str]:
    """The parts of the package that a module imports."""
    for node in imports_of(module):
        if isinstance(node, ast.ImportFrom) and node.module == "identity_cli":
            yield from (alias.name for alias in node.names if is_part(alias.name))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("identity_cli."):
            yield str(node.module).split(".")[1]


def is_part(name: str) -> bool:
    return (PACKAGE / name).is_dir() or (PACKAGE / f"{name}.py").is_file()


def top_levels(module: Path) -> Iterator[str]:
    """The first names of all that a module imports."""
    for node in imports_of(module):
        names = (
            [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
        )
        yield from (name.split(".")[0] for name in names)


def test_every_part_has_its_layer() -> None:
    parts = {part_of(module) for module in MODULES}
    assert parts - HEIGHT.keys() == set(), "add new parts to LAYERS, where they belong"


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_imports_point_down(module: Path) -> None:
    part = part_of(module)
    for other in own_parts(module):
        assert other == part or HEIGHT[other] < HEIGHT[part], f"{part} must not import {other}"


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_there_is_one_way_to_import(module: Path) -> None:
    """`from identity_cli.x import y`: what the other tests here see."""
    for node in imports_of(module):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, "no relative imports"
        else:
            assert not any(alias.name.split(".")[0] == "identity_cli" for alias in node.names)


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_every_dependency_has_its_place(module: Path) -> None:
    places = FOREIGN | PLACED
    for name in top_levels(module):
        if name in places:
            assert name_of(module).startswith(places[name]), f"{name} has no business in {name_of(module)}"
        else:
            assert name in sys.stdlib_module_names or name == "identity_cli", (
                f"{name} is not of the standard library"
            )


@pytest.mark.parametrize(
    "module",
    [
        *PACKAGE.glob("rules/*.py"),
        *(PACKAGE / f"{name}.py" for name in ("resolver", "processing", "person_changes")),
    ],
    ids=name_of,
)
def test_nothing_asks_for_a_rule_set_by_name(module: Path) -> None:
    names = {"guide", "2022-12", "2023-09", "current"}
    told = {node.value for node in ast.walk(ast.parse(module.read_text())) if isinstance(node, ast.Constant)}
    if module.name != "posthog.py":
        assert not told & names


def test_reports_and_terminal_read_runs_only() -> None:
    for module in (*PACKAGE.glob("reports/*.py"), *PACKAGE.glob("cli/*.py")):
        forbidden = {
            "resolver",
            "processing",
            "person_changes",
            "rules",
            "reader",
            "dialects",
            "buffer",
            "journal",
            "persons",
        }
        if part_of(module) == "cli":
            forbidden -= {"rules", "dialects"}  # the choices of --rules, and what `idcli dialects` tells
        assert not forbidden & set(own_parts(module)), name_of(module)
