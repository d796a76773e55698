"""What the package's own README says of its folders is what they say of themselves."""

import ast
import re

import pytest
from test_layers import MAY_IMPORT, PACKAGE

README = PACKAGE / "README.md"
FOLDERS = re.compile(r"(<!-- folders: [^\n]* -->\n).*?(<!-- end of folders -->)", re.DOTALL)


def test_its_table_of_folders_is_true(request: pytest.FixtureRequest) -> None:
    shown = README.read_text(encoding="utf-8")
    true = FOLDERS.sub(lambda found: found[1] + table() + found[2], shown)
    if request.config.getoption("--update"):
        README.write_text(true, encoding="utf-8")
    else:
        assert true == shown, "pytest --update writes it anew"


def table() -> str:
    rows = ["| folder | charter | may import |", "| --- | --- | --- |"]
    for folder, allowed in MAY_IMPORT.items():
        rows.append(f"| {folder} | {charter(folder)} | {', '.join(allowed.split())} |")
    return "\n".join(rows) + "\n"


def charter(folder: str) -> str:
    """The first sentence of its docstring."""
    if folder == "words":
        return "What everybody speaks of: errors, events, facts, origins, types of warnings."
    path = PACKAGE / "__init__.py" if folder == "root" else PACKAGE / folder / "__init__.py"
    first = (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").split("\n\n", maxsplit=1)[
        0
    ]
    return " ".join(first.split())


def test_every_file_that_a_recipe_names_is_there_with_its_registry() -> None:
    _, *named = re.split(r"`((?:tests/)?[a-z_]+(?:/[a-z_]+)*\.py)`", README.read_text(encoding="utf-8"))
    for name, said in zip(named[::2], named[1::2], strict=True):
        places = [PACKAGE / name, PACKAGE.parent / name, PACKAGE.parent / "tests" / name]
        file = next((place for place in places if place.is_file()), None)
        assert file is not None, name
        of_step = re.split(r"^\d\. ", said, maxsplit=1, flags=re.MULTILINE)[0]
        for registry in re.findall(r"(?:in|\() ?`([A-Z_]+)`", of_step):
            assert f"\n{registry}" in file.read_text(encoding="utf-8"), f"{registry} in {name}"
