"""The architecture: data moves one way, imports point down, each dependency has its place."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import identity_cli

PACKAGE = Path(identity_cli.__file__).parent

WORDS = frozenset(
    {
        *("answering", "errors", "events", "facts", "origins", "outcomes", "person_ids", "run_mark"),
        "warning_types",
    }
)
"""What stands at the root, but for its face: words that everybody speaks, of the standard library alone."""

# From the bottom up: what each folder may import. A test holds that it needs each of these, and nothing else.
MAY_IMPORT = {
    "words": "",
    "values": "",
    "answers": "words",
    "files": "words",
    "tables": "words values",
    "dialects": "words values",
    "rules": "words values",
    "internal_users": "words files",
    "reading": "words values files tables dialects rules internal_users",
    "resolver": "words values rules",
    "pieces": "words tables rules reading resolver",
    "spark": "words files dialects rules reading resolver pieces tables",
    "store": "words files tables",
    "store/writing": "words internal_users tables store",
    "store/reading": "words files tables store values",
    "audits": "words rules store/reading",
    "findings": "words answers audits tables store store/reading root",
    "replaying/at_end": (
        "words files tables dialects rules reading resolver pieces store store/writing store/reading audits"
        " findings root"
    ),
    "replaying/in_parts": "words files tables dialects rules reading pieces replaying/at_end",
    "replaying/going_on": (
        "words files tables dialects rules reading resolver store/writing store/reading replaying/at_end root"
    ),
    "replaying": (
        "words files tables dialects rules internal_users reading resolver pieces store store/writing"
        " store/reading audits findings replaying/at_end replaying/in_parts replaying/going_on"
    ),
    "replaying/again": "words files tables dialects rules reading store/reading replaying",
    "reports": "words values tables store/reading",
    "comparing": "words values files dialects store/reading replaying/again",
    "counterfactual": (
        "words values answers files dialects rules reading resolver pieces store/reading replaying"
        " replaying/again reports comparing"
    ),
    "drawing": (
        "words pieces store/reading replaying/again counterfactual values tables reports findings rules"
    ),
    "pages": "words values store/reading reports findings comparing drawing",
    "cli/terminal": (
        "words answers files dialects rules tables store/reading reports drawing store audits findings"
    ),
    "cli/commands": (
        "words answers files dialects rules reading tables store store/reading replaying replaying/again"
        " reports comparing counterfactual drawing cli/terminal pages audits findings"
    ),
    "cli": "words files cli/terminal root",
    "root": ("words reading store/reading replaying reports comparing counterfactual cli/terminal cli pages"),
}
ORDER = list(MAY_IMPORT)

# Where a module from elsewhere may be imported; all others must be of the standard library.
FOREIGN = {
    "click": ("cli/", "spark/__main__.py"),
    "rich": ("cli/terminal/render.py",),
    "msgspec": (
        *("cli/commands/print_schema.py", "files/messages.py", "dialects/", "tables/", "store/writing/"),
        *("reading/", "pieces/blocks.py"),
    ),
    "xxhash": ("files/", "reading/duplicates.py", "tables/period_columns.py"),
    "pyspark": ("spark/",),
    "pyarrow": (
        "spark/",
        "files/parquet_file.py",
        "store/reading/frames.py",
        "tables/arrow_columns.py",
        "tables/parquet_format.py",
    ),
    "zstandard": ("files/zstd_file.py",),
    "brotli": ("files/brotli_file.py",),
    "jinja2": ("pages/rendering.py",),
    "markupsafe": ("pages/rendering.py",),
    "resvg_py": ("drawing/png.py",),
    "re2": ("internal_users/patterns.py",),
}
# Modules of the standard library that have their place.
PLACED = {
    "sqlite3": ("store/",),
    "argparse": (),
    "logging": (),
    "pickle": ("files/messages.py",),
}
MODULES = sorted(PACKAGE.rglob("*.py"))


def name_of(module: Path) -> str:
    return module.relative_to(PACKAGE).as_posix()


def folder_of(module: str) -> str:
    """`cli.commands.why` -> `cli/commands`; the root's modules are its words, and its own face."""
    first, *rest = module.split(".")
    if rest and f"{first}/{rest[0]}" in MAY_IMPORT:
        return f"{first}/{rest[0]}"
    if first in WORDS:
        return "words"
    return first if (PACKAGE / first).is_dir() else "root"


def imports_of(module: Path) -> Iterator[ast.Import | ast.ImportFrom]:
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node


def own_imports(module: Path) -> Iterator[str]:
    """The modules of the package that a module imports, as `files.sources`."""
    for node in imports_of(module):
        if isinstance(node, ast.ImportFrom) and f"{node.module}.".startswith("identity_cli."):
            home = str(node.module).removeprefix("identity_cli").lstrip(".")
            for alias in node.names:
                name = f"{home}.{alias.name}".lstrip(".")
                yield name if is_module(name) else home or "__init__"


def is_module(name: str) -> bool:
    path = PACKAGE / name.replace(".", "/")
    return path.is_dir() or path.with_suffix(".py").is_file()


def folders_imported(folder: str) -> set[str]:
    of_folder = [module for module in MODULES if folder_of(dotted(module)) == folder]
    return {folder_of(name) for module in of_folder for name in own_imports(module)} - {folder}


def dotted(module: Path) -> str:
    return name_of(module).removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def top_levels(module: Path) -> Iterator[str]:
    """The first names of all that a module imports."""
    for node in imports_of(module):
        names = (
            [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
        )
        yield from (name.split(".")[0] for name in names)


def test_every_folder_has_its_charter_and_its_line() -> None:
    folders = {name_of(path) for path in PACKAGE.rglob("*") if (path / "__init__.py").is_file()}
    assert folders - WORDS == MAY_IMPORT.keys() - {"words", "root"}
    for folder in folders:
        assert ast.get_docstring(ast.parse((PACKAGE / folder / "__init__.py").read_text())), folder


def test_the_root_holds_words_only() -> None:
    folders = {name.split("/")[0] for name in MAY_IMPORT}
    found = {
        path.stem for path in PACKAGE.iterdir() if path.suffix in ("", ".py") and path.name[0] not in "_."
    }
    assert found - folders == WORDS | {"public_names"}


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_a_folder_imports_what_it_may_and_needs_every_allowance(folder: str) -> None:
    assert folders_imported(folder) == set(MAY_IMPORT[folder].split())


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_imports_point_down(folder: str) -> None:
    below = ORDER[: ORDER.index(folder)]
    assert set(MAY_IMPORT[folder].split()) - {"root"} <= set(below)


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_what_is_imported_is_there(module: Path) -> None:
    for name in own_imports(module):
        assert name == "__init__" or is_module(name), name


def test_no_module_bears_the_name_of_a_public_function() -> None:
    """Python would hand out the one for the other."""
    names = {part for module in MODULES for part in dotted(module).split(".")}
    assert not names & {
        *dir(identity_cli),
        "replay_spark",
        "component_log",
    }  # the latter of identity_cli.spark


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
        *PACKAGE.glob("resolver/*.py"),
    ],
    ids=name_of,
)
def test_nothing_asks_for_a_rule_set_by_name(module: Path) -> None:
    names = {"guide", "2022-12", "2023-09", "current"}
    told = {node.value for node in ast.walk(ast.parse(module.read_text())) if isinstance(node, ast.Constant)}
    if module.name != "posthog.py":
        assert not told & names
