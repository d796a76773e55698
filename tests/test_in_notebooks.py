"""What answers can do in a notebook, and the recipes of the README for other tools."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import chdir
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

import identity_cli as idcli
from identity_cli import Run, replay

PROJECT = Path(__file__).parents[1]
RECIPE = re.compile(r"<!-- recipe: (\w+) -->\n```(\w+)\n(.*?)```", re.DOTALL)
RECIPES = {
    tool: (language, code) for tool, language, code in RECIPE.findall((PROJECT / "README.md").read_text())
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sample and its run."""
    place = tmp_path_factory.mktemp("shop")
    (place / "sample_data").symlink_to(PROJECT / "sample_data")
    with chdir(place):
        replay("sample_data/events.ndjson", with_events=True).close()
    return place


@pytest.fixture
def run(shop: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(shop)
    return Run("idcli-run")


ANSWERS: dict[str, tuple[Callable[[Run], Any], str]] = {
    "person": (lambda run: idcli.person(run, "user_nils"), "distinct_id"),
    "how": (lambda run: idcli.how(run, "user_nils"), "kind"),
    "blame": (lambda run: idcli.blame(run, "user_nils"), "key"),
    "why": (lambda run: idcli.why(run, "user_olga", "user_nils"), "link"),
    "culprits": (lambda run: idcli.culprits(run, "user_nils"), "places"),
    "repair": (lambda run: idcli.repair(run, "user_nils"), "kind"),
    "events": (lambda run: idcli.person_events(run, "user_nils"), "event"),
    "diff": (lambda run: idcli.diff(run, run), ""),
    "summary": (idcli.summary, ""),
    "as of": (lambda run: idcli.person_as_of(run, "user_nils", "296"), "outcome"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_becomes_a_dict_and_html(run: Run, name: str) -> None:
    ask, column = ANSWERS[name]
    answer = ask(run)
    known = answer.to_dict()
    assert json.loads(json.dumps(known)) == known
    assert not re.search(r'"(source_person|target_person|moment)": \d', json.dumps(known))
    shown = answer._repr_html_()
    assert shown.count("<table>") == shown.count("</table>") >= 1
    assert f"<th>{column}</th>" in shown


def test_properties_are_dicts_and_flags_are_bools(run: Run) -> None:
    known = idcli.person(run, "user_nils").to_dict()
    assert known["person"]["is_identified"] is True
    assert known["person"]["properties"]["name"] == "Nils"


def test_nothing_of_a_log_is_markup(run_of: Callable[..., Run]) -> None:
    done = run_of('{"event":"e","distinct_id":"<script>alert(1)</script>"}\n')
    shown = idcli.how(done, "<script>alert(1)</script>")._repr_html_()
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_an_answer_becomes_a_data_frame(run: Run, library: str) -> None:
    pytest.importorskip(library)
    for name, (ask, column) in ANSWERS.items():
        frame = ask(run).frame(library)
        assert column in [*frame.columns, ""], name
        assert len(frame) > 0 or name == "diff"


NEEDED = {
    "pandas": "pandas",
    "parquet": "pyarrow",
    "polars": "polars",
    "duckdb": "duckdb",
    "datasette": "datasette",
    "jq": "jq",
}
"""What has to be installed for a recipe; the others need nothing else."""


@pytest.mark.parametrize("tool", RECIPES)
def test_recipes_of_the_readme(run: Run, tool: str) -> None:
    if tool in NEEDED and find_spec(NEEDED[tool]) is None and shutil.which(NEEDED[tool]) is None:
        pytest.skip(f"{tool} is not installed here")
    language, code = RECIPES[tool]
    assert len([line for line in code.splitlines() if line]) <= 4
    if language == "python":
        exec(compile(code, f"recipe of {tool}", "exec"), {})
        return
    bin_folder = str(Path(sys.executable).parent)
    done = subprocess.run(
        ["bash", "-ec", f'PATH="{bin_folder}:$PATH"\n{code}'], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_there_is_a_recipe_for_each_tool() -> None:
    assert {"pandas", "polars", "duckdb", "datasette", "spreadsheet", "jq"} <= RECIPES.keys()
