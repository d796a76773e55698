"""Every id survives every graph format: what was written is read back by what the format is for."""

import csv
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from itertools import pairwise
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from identity_cli import Run, replay
from identity_cli.cli import idcli
from identity_cli.tables.escapes import printable

networkx = pytest.importorskip("networkx")

NASTY_PARTS = [
    *(
        "'",
        '"',
        "\\",
        "\n",
        "\r",
        "\t",
        "<script>",
        "</data>",
        "]]>",
        "&amp;",
        "&",
        "|",
        "{",
        "}",
        "[",
        "]",
    ),
    *("-->", "%%", "end", ";", "#quot;", ",", "=", "\u202e", "\u200b", "\u0301", "\x1b", "\x7f", "\x85"),
    *("\u2028", "\ufeff", "\ufffe", "日本", "😀", " "),
]
NASTY = st.sampled_from(NASTY_PARTS)
IDS = st.lists(NASTY | st.text(max_size=2), min_size=1, max_size=5).map("".join)
PAIRS = st.lists(st.tuples(IDS, IDS), min_size=1, max_size=6)


@contextmanager
def run_of(pairs: list[tuple[str, str]]) -> Iterator[Run]:
    """The run of links between these ids, and a folder to write into."""
    plain = {"event": "e", "distinct_id": "ada"}  # or a log of blank ids alone would be none
    events = [plain] * 20 + [
        {"event": "$identify", "distinct_id": own, "properties": {"$anon_distinct_id": other, "$lib": "web"}}
        for own, other in pairs
    ]
    with TemporaryDirectory() as folder:
        log = Path(folder) / "log.ndjson"
        log.write_text("".join(json.dumps(event) + "\n" for event in events))
        with replay(log, Path(folder) / "run", table_formats=(), graph_formats=()) as run:
            yield run


def graph_of(run: Run, form: str) -> str:
    answer = CliRunner().invoke(idcli, ["graph", "--run", str(run.folder), "--format", form])
    assert answer.exit_code == 0, answer.output
    return answer.stdout_bytes.decode("utf-8")


def links_of(run: Run) -> list[tuple[str, ...]]:
    """What every format has to say: the two ids of each link, and what came of it."""
    query = "SELECT source_distinct_id, target_distinct_id, outcome FROM links"
    return sorted(run.database.execute(query))


def links_in(graph: Any) -> list[tuple[str, ...]]:
    """The same of a graph; ids are named with their team before them."""
    edges = graph.edges(data=True)
    links = [(one, other, data["outcome"]) for one, other, data in edges if data["kind"] == "link"]
    return sorted((_id(one), _id(other), outcome) for one, other, outcome in links)


def _id(name: str) -> str:
    return name.removeprefix("id:1:")


@settings(deadline=None, max_examples=15)
@given(PAIRS)
def test_node_link_json_is_the_same_directed_multigraph(pairs: list[tuple[str, str]]) -> None:
    with run_of(pairs) as run:
        graph = networkx.node_link_graph(json.loads(graph_of(run, "json")), edges="edges")
        assert graph.is_directed()
        assert graph.is_multigraph()
        assert links_in(graph) == links_of(run)


@settings(deadline=None, max_examples=15)
@given(PAIRS)
def test_graphml_is_the_same_as_far_as_xml_can_say_it(pairs: list[tuple[str, str]]) -> None:
    """Characters that XML has not stand as they are shown."""
    with run_of(pairs) as run:
        graph = networkx.parse_graphml(graph_of(run, "graphml"), force_multigraph=True)
        expected = [tuple(map(printable, link)) for link in links_of(run)]
        assert links_in(graph) == sorted(expected)


@settings(deadline=None, max_examples=15)
@given(PAIRS)
def test_the_edge_list_is_the_same(pairs: list[tuple[str, str]]) -> None:
    with run_of(pairs) as run:
        rows = [row for row in csv.DictReader(StringIO(graph_of(run, "csv"), newline="")) if row["outcome"]]
        found = sorted((_id(row["Source"]), _id(row["Target"]), row["outcome"]) for row in rows)
        assert found == links_of(run)


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_graphviz_reads_every_id() -> None:
    chance = Random(4)
    ids = ["".join(chance.choices(NASTY_PARTS, k=chance.randint(1, 5))) for _ in range(120)]
    with run_of([*zip(ids[::2], ids[1::2], strict=True)]) as run:
        command = ["dot", "-Tdot_json"]
        drawn = subprocess.run(command, input=graph_of(run, "dot").encode(), capture_output=True, check=True)
        expected = {printable(one) for link in links_of(run) for one in link[:2]}
    assert drawn.stderr == b""
    names = {_plain(_id(node["name"])) for node in json.loads(drawn.stdout)["objects"]}
    assert set(map(_plain, expected)) <= names


def _plain(name: str) -> str:
    """Of the backslashes that escapes double, one each."""
    return re.sub(r"\\+", r"\\", name)


@pytest.fixture(scope="module")
def mermaid() -> Iterator[Callable[[str], bool]]:
    """Whether Mermaid's own parser takes a text."""
    script = os.environ.get("MERMAID_JS")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not script or not chromium:
        pytest.skip(
            "needs a Chromium, and in MERMAID_JS where mermaid.min.js is, of the package of that name"
        )
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.add_script_tag(path=script)
        yield lambda text: bool(page.evaluate("text => mermaid.parse(text).then(Boolean)", text))
        browser.close()


@pytest.mark.slow
def test_mermaid_takes_every_id(mermaid: Callable[[str], bool]) -> None:
    chance = Random(5)
    for _ in range(8):
        ids = ["".join(chance.choices(NASTY_PARTS, k=chance.randint(1, 5))) for _ in range(30)]
        with run_of([*pairwise(ids)]) as run:
            assert mermaid(graph_of(run, "mermaid"))
