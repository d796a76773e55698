"""Pictures of persons: what a timeline shows, that its labels cover nothing, and that no log is markup."""

import json
import math
import re
import shutil
import subprocess
import xml.dom.minidom
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from random import Random
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from invented_stories import swallowed
from nasty_logs import nasty_log

from identity_cli import Run, draw, person, replay
from identity_cli.cli import idcli
from identity_cli.drawing.lanes import lanes_of
from identity_cli.drawing.layout import laid_out
from identity_cli.drawing.palette import DARK, LIGHT, Theme
from identity_cli.drawing.run_pictures import of_persons
from identity_cli.drawing.story import Story
from identity_cli.drawing.svg_timeline import timeline
from identity_cli.drawing.telling import stories
from identity_cli.drawing.terminal_timeline import terminal_timeline
from identity_cli.findings.kept import findings_of
from identity_cli.outcomes import JOINS
from identity_cli.reports.shape_census import shapes_of
from identity_cli.tables.dot import LONGEST_LABEL
from identity_cli.tables.escapes import printable
from identity_cli.tables.graph_formats import GRAPH_FORMATS
from identity_cli.values.shown import cells, cut, shown

TESTS = Path(__file__).parent
SAMPLE = TESTS.parent / "sample_data"
GOLDEN = TESTS / "golden" / "drawing"
PICTURE = SAMPLE / "wrong_merge.svg"

RunOf = Callable[..., Run]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """The run of the sample, in a folder of its own."""
    place = tmp_path_factory.mktemp("shop")
    shutil.copytree(SAMPLE, place / "sample_data")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        yield replay("sample_data/events.ndjson")


@pytest.fixture
def graph(shop: Run) -> Callable[..., Result]:
    def invoke(*arguments: str, code: int = 0) -> Result:
        result = CliRunner().invoke(idcli, ["graph", *arguments])
        assert result.exit_code == code, result.output
        return result

    return invoke


def story_of(run: Run, *ids: str) -> Story:
    (story,) = of_persons(run, [(run.find_person(one), one) for one in ids]).stories
    return story


def text_of(story: Story, width: int = 80, *, is_ascii: bool = False) -> str:
    lines = terminal_timeline(story, width, is_ascii=is_ascii)
    return "".join("".join(text for text, _ in line).rstrip() + "\n" for line in lines)


def agrees(path: Path, text: str, request: pytest.FixtureRequest) -> bool:
    """Whether a golden file says the same; with --update it does from now on."""
    if request.config.getoption("--update"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return path.read_text(encoding="utf-8") == text


# What is drawn


@pytest.mark.parametrize("one", ["user_nils", "user_ivo", "user_lina", "user_vera", "undefined"])
def test_a_person_on_a_terminal(shop: Run, one: str, request: pytest.FixtureRequest) -> None:
    story = story_of(shop, one)
    text = text_of(story)
    assert agrees(GOLDEN / f"{one}.txt", text, request)
    plain = text_of(story, is_ascii=True)
    assert plain.isascii()
    assert [*map(len, plain.splitlines())] == [*map(cells, text.splitlines())]
    assert max(map(cells, text.splitlines())) <= 80


def test_the_picture_of_the_readme_is_the_wrong_merge(shop: Run, request: pytest.FixtureRequest) -> None:
    assert agrees(PICTURE, timeline(story_of(shop, "user_nils")), request)


def test_a_narrow_terminal_has_the_list_alone(shop: Run) -> None:
    assert text_of(story_of(shop, "user_ivo"), 50).splitlines() == [
        "",
        "  a :245    user_ivo at…$identify  ! silent attach",
    ]


def test_a_silent_attach_is_between_alarm_lines(shop: Run) -> None:
    drawn = timeline(story_of(shop, "user_ivo"))
    lanes = laid_out(story_of(shop, "user_ivo")).lane_of
    y = lanes["user_ivo"].top - 2.4
    assert f"{y:g}H" in "".join(re.findall(r'class="alarml" d="([^"]*)"', drawn))
    assert "alarml" not in timeline(story_of(shop, "user_ana")).split("</style>")[1]


def test_without_its_log_a_person_is_drawn_from_the_run(tmp_path: Path) -> None:
    log = tmp_path / "events.ndjson"
    shutil.copy(SAMPLE / "events.ndjson", log)
    run = replay(log, tmp_path / "run")
    log.unlink()
    told = stories(run, [(run.find_person("user_ivo"), "user_ivo")])
    assert told.missing is not None
    assert str(log) in told.missing
    assert [lane.ids for lane in lanes_of(told.stories[0])] == [["anon-f9027a"], ["user_ivo"], ["user_hanna"]]


def test_several_files_are_told_apart_at_the_joints(run_of: RunOf, tmp_path: Path) -> None:
    for name, event in (
        ("a", {"event": "e"}),
        ("b", {"event": "$identify", "properties": {"$anon_distinct_id": "u"}}),
    ):
        (tmp_path / f"{name}.ndjson").write_text(
            json.dumps({**event, "distinct_id": "u" if name == "a" else "v"})
        )
    run = run_of([tmp_path / "a.ndjson", tmp_path / "b.ndjson"])
    assert [joint.where for joint in story_of(run, "u").joints] == ["b:1"]
    assert [tick.where for tick in story_of(run, "u").ticks] == ["a:1", "b:1"]


EMPTY: dict[str, Any] = {"distinct_id": "u", "event": "e"}


@pytest.mark.parametrize(
    "event",
    [EMPTY, {**EMPTY, "timestamp": "2023-01-01T00:00:00Z"}, {**EMPTY, "timestamp": "not a time"}],
    ids=["no time", "one event", "an unreadable time"],
)
def test_one_event_is_a_picture(run_of: RunOf, event: dict[str, Any]) -> None:
    story = story_of(run_of([event]), "u")
    xml.dom.minidom.parseString(timeline(story))
    assert "u" in text_of(story)


# Where it stands


def owner_at(story: Story, one: str, moment: float) -> int | None:
    return next((span.person for span in reversed([*story.spans(one)]) if span.start <= moment), None)


def crossings(story: Story) -> int:
    """Joins that cross a lane that then belongs to somebody else."""
    rows = {one: row for row, lane in enumerate(lanes_of(story, fold_above=10**9)) for one in lane.ids}
    count = 0
    for joint in story.joints:
        if joint.outcome in JOINS and set(joint.ends) <= rows.keys():
            low, high = sorted(rows[one] for one in joint.ends)
            between = [one for one, row in rows.items() if low < row < high]
            count += sum(owner_at(story, one, joint.seq) not in (None, joint.person) for one in between)
    return count


@pytest.mark.parametrize("seed", range(5))
def test_no_join_crosses_a_lane_of_somebody_else(seed: int) -> None:
    assert crossings(swallowed(150, seed)) == 0


def test_nor_in_any_person_of_a_log(run_of: RunOf) -> None:
    run = run_of(nasty_log(Random(3), 200), rules="current")
    persons = [one for one in run.persons() if one.id_count > 2]
    assert persons
    assert [crossings(one) for one in stories(run, [(one, "") for one in persons]).stories] == [0] * len(
        persons
    )


def test_no_label_covers_a_band_or_another_label() -> None:
    story = swallowed(36)
    drawn, layout = timeline(story), laid_out(story)
    boxes = [
        (float(x), float(y) - 8.5, float(x) + cells(text) * 6.05, float(y) + 1.5)
        for x, y, text in re.findall(
            r'<text class="sm halo[^"]*" x="([\d.]+)" y="([\d.]+)">(:\d[^<]*)<', drawn
        )
    ]
    assert len(boxes) > 10
    boxes += [(layout.left, lane.top, layout.right, lane.bottom) for lane in layout.lanes]
    for one, other in product(boxes, boxes):
        apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
        assert one == other or apart


@pytest.mark.parametrize(
    ("ids", "all_login"),
    [
        (300, False),
        (3_000, False),
        pytest.param(10_000, False, marks=pytest.mark.slow),
        pytest.param(10_000, True, marks=pytest.mark.slow),
    ],
)
def test_a_large_person_folds_into_a_small_picture(ids: int, all_login: bool) -> None:
    story = swallowed(ids, all_login=all_login)
    drawn = timeline(story)
    assert len(drawn) < 100 * 1024
    shown_ids = sum(
        int(count.replace(",", "")) for count in re.findall(r">([\d,]+) (?:quiet|login) ids<", drawn)
    )
    lanes = laid_out(story).lanes
    assert shown_ids + sum(not lane.is_bundle for lane in lanes) == ids
    assert text_of(story).count("\n") < 100


def test_the_same_story_is_the_same_bytes() -> None:
    assert timeline(swallowed(300)) == timeline(swallowed(300))


# Colours


def linear(colour: str) -> list[float]:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def luminance(colour: str) -> float:
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear(colour), strict=True))


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


SIGHTS = {  # Machado, Oliveira, Fernandes 2009, severity 1
    "normal": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "protan": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deutan": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritan": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


def bent(value: float) -> float:
    return float(value ** (1 / 3)) if value > 0.008856 else 7.787 * value + 16 / 116


def lab(colour: str, sight: str) -> tuple[float, float, float]:
    """CIELAB of what somebody of that sight sees."""
    parts = [
        min(1.0, max(0.0, sum(m * part for m, part in zip(row, linear(colour), strict=True))))
        for row in SIGHTS[sight]
    ]
    white = (0.9505, 1.0, 1.089)
    rows = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
    x, y, z = (
        bent(sum(m * part for m, part in zip(row, parts, strict=True)) / w)
        for row, w in zip(rows, white, strict=True)
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_colours_are_told_apart_by_every_eye(theme: Theme) -> None:
    assert min(contrast(one, theme.paper) for one in (theme.ink, theme.quiet, theme.alarm)) >= 4.5
    assert min(contrast(one, theme.paper) for one in (*theme.persons, theme.stranger)) >= 3
    for sight in SIGHTS:
        seen = [lab(one, sight) for one in theme.persons]
        assert min(math.dist(one, other) for one, other in product(seen, seen) if one != other) >= 17.5
    greys = [116 * luminance(one) ** (1 / 3) - 16 for one in theme.persons]
    assert min(abs(greys[0] - other) for other in greys[1:]) >= 13


# What strangers wrote

HOSTILE = (
    *("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "   ", "a\nb\tc", "user_\u202egnp.exe"),
    *("\x1b[31mred\x1b[0m", "a" * 400, "]]>&amp;<!--", "user_日本語の人", "e\u0301\u0301", "\u200b\u200b"),
    *("'; DROP--", "end", 'say "x"', "{a} [b] (c)", "back\\slash", "=1+1"),
)


@pytest.fixture(scope="module")
def strangers(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The run of ids that nobody should ever execute, all of one person, whose name is none better."""
    place = tmp_path_factory.mktemp("hostile")
    events = [
        {
            "event": "$identify",
            "distinct_id": one,
            "properties": {"$anon_distinct_id": HOSTILE[0], "$lib": "<b>"},
            "$set": {"name": f"<i>{one[:20]}"},
            "timestamp": f"2023-01-01T00:{number:02}:00Z",
        }
        for number, one in enumerate(HOSTILE[1:])
    ]
    (place / "log.ndjson").write_text("\n".join(map(json.dumps, events)), encoding="utf-8")
    return replay(place / "log.ndjson", place / "run")


def test_nothing_of_a_log_is_markup_or_commands_a_terminal(strangers: Run) -> None:
    story = story_of(strangers, HOSTILE[0])
    drawn = timeline(story)
    tags = {element.tag.split("}")[1] for element in ElementTree.fromstring(drawn).iter()}
    assert tags <= {"svg", "title", "desc", "style", "rect", "defs", "pattern", "path", "circle", "text", "g"}
    assert "⟨3 blanks⟩" in drawn
    assert "⟨202E⟩" in drawn
    assert all(line.isprintable() for line in text_of(story).splitlines())


@given(st.text(max_size=60))
def test_whatever_is_shown_prints_and_fits(text: str) -> None:
    printed = shown(text)
    assert printed.strip()
    assert printed.isprintable()
    assert 0 < cells(cut(printed, 20)) <= 20


def graph_file(run: Run, form: str, tmp_path: Path) -> Path:
    path = tmp_path / f"graph.{form}"
    CliRunner().invoke(idcli, ["graph", "--run", str(run.folder), "--format", form, "-o", str(path)])
    return path


def test_networkx_reads_both_of_its_formats_as_the_same_graph(strangers: Run, tmp_path: Path) -> None:
    networkx = pytest.importorskip("networkx")
    document = json.loads(graph_file(strangers, "json", tmp_path).read_text(encoding="utf-8"))
    of_json = networkx.node_link_graph(document, edges="edges")
    of_xml = networkx.read_graphml(graph_file(strangers, "graphml", tmp_path), force_multigraph=True)
    assert of_json.is_directed()
    assert of_json.is_multigraph()
    assert {printable(name): _without_none(data) for name, data in of_json.nodes(data=True)} == dict(
        of_xml.nodes(data=True)
    )
    edges = sorted(
        (*map(printable, ends), *sorted(_without_none(data).items()))
        for *ends, data in of_json.edges(data=True)
    )
    assert edges == sorted(
        (*ends, *sorted((k, v) for k, v in data.items() if k != "key"))
        for *ends, data in of_xml.edges(data=True)
    )


def test_a_person_without_a_name_goes_by_its_login(run_of: RunOf, tmp_path: Path) -> None:
    login = {"event": "$identify", "distinct_id": "ada", "properties": {"$anon_distinct_id": "a"}}
    run = run_of([{"event": "e", "distinct_id": "a"}, login])
    (person,) = (
        node
        for node in json.loads(graph_file(run, "json", tmp_path).read_text())["nodes"]
        if node["kind"] == "person"
    )
    assert person["label"] == "ada"


def _without_none(data: dict[str, Any]) -> dict[str, Any]:
    return {
        key: printable(value) if isinstance(value, str) else value
        for key, value in data.items()
        if value is not None
    }


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_graphviz_reads_the_dot_file(strangers: Run, tmp_path: Path) -> None:
    path = graph_file(strangers, "dot", tmp_path)
    drawn = subprocess.run(["dot", "-Tjson", path], capture_output=True, text=True, check=True)
    assert drawn.stderr == ""
    labels = {node["label"].replace("\\\\", "\\") for node in json.loads(drawn.stdout)["objects"]}
    assert {shown(one, LONGEST_LABEL) for one in HOSTILE} <= labels


def test_a_mermaid_chart_stays_within_its_limits_and_says_what_it_left_out(
    run_of: RunOf, tmp_path: Path
) -> None:
    events = [
        {
            "event": "$identify",
            "distinct_id": f"user_{one}",
            "properties": {"$anon_distinct_id": f"anon_{one}"},
        }
        for one in range(700)
    ]
    text = graph_file(run_of(events), "mermaid", tmp_path).read_text(encoding="utf-8")
    assert len(text) < 50_000
    edges = len(re.findall(r"-->|-\.-|==>", text))
    assert edges <= 500
    assert f"and {700 * 3 - edges:,} more" in text


def test_a_mermaid_chart_holds_no_markup_of_a_log(strangers: Run, tmp_path: Path) -> None:
    text = graph_file(strangers, "mermaid", tmp_path).read_text(encoding="utf-8")
    line = re.compile(
        r'  n\d+(\(\[".*"\]\)|\[".*"\]:::\w+)|  n\d+ \S+(\|".*"\|)? n\d+|  linkStyle .*|  classDef .*'
    )
    assert all(line.fullmatch(one) for one in text.splitlines()[1:])
    for label in re.findall(r'"(.*?)"', text):
        assert not set(re.sub(r"#\d+;", "", label)) & set('"<>&`[](){}|\\')


# The whole run


def test_the_census_counts_everybody_once(shop: Run) -> None:
    shapes = shapes_of(shop)
    assert sum(shape.persons for shape in shapes) == shop.count("persons")
    assert [shape.persons for shape in shapes] == sorted(shape.persons for shape in shapes)
    assert {shape.words: shape.persons for shape in shapes if not shape.outcomes} == {"1 id, no link": 18}
    assert [shape.is_odd for shape in shapes[:3]] == [True] * 3


# The command


@pytest.mark.parametrize("form", ["term", "svg", "html", *GRAPH_FORMATS])
@pytest.mark.parametrize("wanted", [(), ("user_ivo",), ("user_ivo", "user_nils")], ids=len)
def test_every_format_draws_persons_and_the_run(
    graph: Callable[..., Result], form: str, wanted: tuple[str, ...]
) -> None:
    text = graph(*wanted, "--format", form).stdout
    assert "user_vera" in text or wanted
    assert "user_ivo" in text or form == "term" or not wanted
    if form in ("svg", "graphml"):
        xml.dom.minidom.parseString(text)


def test_the_end_of_a_file_says_its_format(graph: Callable[..., Result], tmp_path: Path) -> None:
    for name, begins in (
        ("a.svg", "<svg"),
        ("a.mmd", "flowchart"),
        ("a.gv", "digraph"),
        ("a.htm", "<!doctype"),
        ("a", " "),
    ):
        assert graph("user_ivo", "-o", str(tmp_path / name)).stdout == ""
        assert (tmp_path / name).read_text(encoding="utf-8").startswith(begins)


def test_a_log_is_never_drawn_over(graph: Callable[..., Result]) -> None:
    assert "sample_data/events.ndjson" in graph("user_ivo", "-o", "sample_data/events.ndjson", code=2).stderr


def test_an_unknown_id_is_no_picture(graph: Callable[..., Result]) -> None:
    assert "user_iva" in graph("user_iva", "--format", "svg", code=2).stderr


def test_a_picture_of_pixels(graph: Callable[..., Result], tmp_path: Path) -> None:
    pytest.importorskip("resvg_py")
    graph("user_nils", "-o", str(tmp_path / "nils.png"))
    data = (tmp_path / "nils.png").read_bytes()
    assert data.startswith(b"\x89PNG")
    assert len(data) > 20_000  # of one colour it would be a tenth


def test_the_page_of_a_person_has_its_timeline(shop: Run) -> None:
    answer = CliRunner().invoke(idcli, ["person", "user_ivo", "--timeline"]).stdout
    assert answer.startswith(text_of(story_of(shop, "user_ivo")))
    assert "Distinct ids" in answer


def test_the_persons_of_findings_of_a_code(graph: Callable[..., Result]) -> None:
    assert "user_ivo attached by $identify  ! silent attach" in graph("--findings", "silent_attach").stdout
    assert "no finding 'nothing_such'" in graph("--findings", "nothing_such", code=2).stderr
    graph("user_ivo", "--findings", "silent_attach", code=2)


def test_a_notebook_shows_runs_persons_and_findings(shop: Run) -> None:
    assert draw(shop, "user_nils")._repr_svg_() == draw(shop, "user_nils").svg
    assert "identified persons merged" in draw(shop, "user_nils").svg
    assert "18 persons" in draw(shop).svg
    for record in (shop, person(shop, "user_ivo"), findings_of(shop)[0]):
        xml.dom.minidom.parseString(f"<html>{record._repr_html_()}</html>")
    assert "18 persons" in shop._repr_html_()
