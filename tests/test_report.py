"""The report: what a colleague gets as one file, what a redacted one lacks, and how a browser takes it."""

import json
import re
import shlex
import shutil
from base64 import b64encode
from collections.abc import Callable, Iterator
from hashlib import sha256
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from identity_cli import Run, replay
from identity_cli.cli import idcli
from identity_cli.pages.charts import Chart, Series, stacked_bars
from identity_cli.store.redaction import SAFE, redacted_columns

pytest.importorskip(
    "jinja2", reason="the template engine of reports is not installed: pip install 'idcli[report]'"
)

SAMPLE = Path(__file__).parents[1] / "sample_data"
HOSTILE = (
    *("<script>document.title='run'</script>", "<img src=x onerror=\"document.title='run'\">", "</style><b>"),
    *("   ", "\u202egnp.exe", "{{ 7 * 7 }}", "javascript:alert(1)", "]]>&amp;", "'; --", 'x" onload="y'),
)
CLEAN = [{"event": "e", "distinct_id": one, "timestamp": "2023-01-01T00:00:00Z"} for one in ("a", "b")]

Report = Callable[..., Path]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the sample and two runs of it, to stand in."""
    place = tmp_path_factory.mktemp("shop")
    shutil.copytree(SAMPLE, place / "sample_data")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        replay("sample_data/events.ndjson")
        replay("sample_data/events.ndjson", "current", rules="current")
        yield place


@pytest.fixture(scope="module")
def report(shop: Path) -> Report:
    """report(*arguments): the file that idcli report wrote; made once for the same arguments."""
    made: dict[tuple[str, ...], Path] = {}

    def write(*arguments: str) -> Path:
        if arguments not in made:
            made[arguments] = shop / f"report{len(made)}.html"
            answer = invoke("report", "-o", str(made[arguments]), *arguments)
            assert answer.exit_code == 0, answer.output
        return made[arguments]

    return write


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(idcli, arguments)


def of_log(place: Path, events: list[dict[str, Any]]) -> Path:
    """The report of a log of these events."""
    (place / "log.ndjson").write_text("\n".join(map(json.dumps, events)), encoding="utf-8")
    run = replay(place / "log.ndjson", place / "run")
    answer = invoke("report", "--run", str(run.folder), "-o", str(place / "report.html"))
    assert answer.exit_code == 0, answer.output
    return place / "report.html"


def hostile(place: Path) -> Path:
    events = [
        {
            "event": "$identify",
            "distinct_id": one,
            "properties": {"$anon_distinct_id": HOSTILE[0], "$lib": one},
            "$set": {"name": one, "email": one},
            "timestamp": f"2023-01-01T00:{number:02}:00Z",
        }
        for number, one in enumerate(HOSTILE[1:])
    ]
    return of_log(place, events)


# What is in it


def test_the_whole_run_is_told(report: Report) -> None:
    text = report().read_text(encoding="utf-8")
    for told in (
        "probably",
        "Ingestion warnings",
        "Links by outcome",
        "rules",
        "333 lines",
    ):
        assert told in text
    assert text.count('class="card error"') >= 2
    assert text.count("Identity timeline of") >= 20


def test_a_report_loads_nothing_and_its_policy_allows_what_is_in_it(report: Report) -> None:
    text = report().read_text(encoding="utf-8")
    assert not re.search(r'(?:src|href)="(?!#)', text)
    assert "style=" not in text
    assert "@import" not in text
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', text)
    for kind in ("style", "script"):
        (content,) = re.findall(rf"<{kind}>(.*?)</{kind}>", text, re.DOTALL)
        digest = b64encode(sha256(content.encode()).digest()).decode()
        assert f"{kind}-src &#39;sha256-{digest}&#39;" in policy
    assert policy.startswith("default-src &#39;none&#39;")


def test_every_link_leads_somewhere_and_every_anchor_is_there_once(report: Report) -> None:
    for path in (report(), report("--compare", "idcli-run", "current")):
        text = path.read_text(encoding="utf-8")
        anchors = re.findall(r'\bid="([^"]*)"', text)
        assert len(anchors) == len(set(anchors))
        assert set(re.findall(r'href="#([^"]*)"', text)) <= set(anchors)


def test_the_same_run_gives_the_same_bytes(report: Report, tmp_path: Path) -> None:
    invoke("report", "-o", str(tmp_path / "again.html"))
    assert (tmp_path / "again.html").read_bytes() == report().read_bytes()


@pytest.mark.slow
def test_each_command_of_a_report_is_one_that_idcli_takes(report: Report) -> None:
    text = report().read_text(encoding="utf-8")
    commands = [
        command
        for found in re.findall(r'<p class="commands">(.*?)</p>', text)
        for command in found.split("</code>")
    ]
    asked = {unescape(command.removeprefix("<code>")) for command in commands if command}
    assert len(asked) > 10
    assert {command: code for command in asked if (code := invoke(*shlex.split(command)[1:]).exit_code)} == {}


def test_what_was_lost_in_a_merge_is_in_the_index(report: Report) -> None:
    text = report().read_text(encoding="utf-8").split('<table id="index">')[1]
    (row,) = re.findall(r"<tr>(?:(?!</tr>).)*>user_olga<.*?</tr>", text)
    assert "olga@example.org" in row
    assert ">Nils<" in row


def test_one_person_for_a_ticket(report: Report) -> None:
    text = report("user_ivo").read_text(encoding="utf-8")
    assert "user_hanna" in text
    assert "silent attach" in text
    assert "user_nils" not in text


def test_two_runs_before_and_after(report: Report) -> None:
    text = report("--compare", "idcli-run", "current").read_text(encoding="utf-8")
    assert "49 persons became 50; 1 distinct id moved" in text
    figures = re.findall(r"<svg xmlns.*?</svg>(?=.{0,40}<figcaption>(?:Before|After)<)", text, re.DOTALL)
    assert len(figures) == 2
    before, after = (places_of(figure) for figure in figures)
    assert before.keys() == after.keys() == {"anon-f9027a", "user_hanna", "user_ivo"}
    (down,) = {before[one][1] - after[one][1] for one in before}
    assert {one: (x, y + down) for one, (x, y) in after.items()} == before, "each id stays where it was"


def places_of(figure: str) -> dict[str, tuple[float, float]]:
    """Where the names of lanes stand."""
    found = re.findall(r'<text[^>]* x="([\d.]+)" y="([\d.]+)" text-anchor="end">([\w-]+)</text>', figure)
    return {name: (float(x), float(y)) for x, y, name in found if name.startswith(("anon-", "user_"))}


def test_runs_of_two_logs_have_a_picture_for_each_person(shop: Path, tmp_path: Path) -> None:
    lines = (shop / "sample_data" / "events.ndjson").read_text().splitlines(keepends=True)
    (tmp_path / "log.ndjson").write_text("".join(lines[:244] + lines[245:]))
    replay(tmp_path / "log.ndjson", tmp_path / "other").close()
    answer = invoke("report", "--compare", "idcli-run", str(tmp_path / "other"), "-o", "-")
    assert answer.stdout.count("<figcaption>Before</figcaption>") == 1
    assert answer.stdout.count("<figcaption>After</figcaption>") == 2


def test_what_was_written_on_a_person_is_told_write_by_write(report: Report) -> None:
    text = report("user_ivo").read_text(encoding="utf-8")
    table = text[text.index("All that was written on it") :]
    rows = re.findall(r"<tr>(.*?)</tr>", table[: table.index("</table>")], re.DOTALL)
    emails = [re.sub(r"<[^>]*>", " ", row).split() for row in rows if ">email<" in row]
    assert [row[2] for row in emails] == ["hanna@example.net", "ivo@example.net", "hanna@example.net"]


@pytest.mark.parametrize("events", [CLEAN, CLEAN[:1]], ids=["nothing wrong", "one event"])
def test_where_nothing_is_wrong_no_more_is_claimed_than_was_looked_at(
    tmp_path: Path, events: list[Any]
) -> None:
    text = of_log(tmp_path, events).read_text(encoding="utf-8")
    assert "No audit found anything in the 0 links of this log." in text
    assert "card error" not in text


def test_a_replay_writes_a_report_along(shop: Path, report: Report) -> None:
    answer = invoke(
        "replay", "sample_data/events.ndjson", "--run", "along", "--report", "along.html", "--quiet"
    )
    assert answer.exit_code == 0, answer.output
    assert (shop / "along.html").read_bytes() == report().read_bytes()


def test_a_report_is_never_written_over_a_log(shop: Path) -> None:
    answer = invoke("report", "-o", "sample_data/events.ndjson")
    assert answer.exit_code == 2
    assert (shop / "sample_data" / "events.ndjson").read_bytes() == (SAMPLE / "events.ndjson").read_bytes()


def test_nothing_of_a_log_is_markup(tmp_path: Path) -> None:
    text = hostile(tmp_path).read_text(encoding="utf-8")
    assert text.count("<script") == text.count("</style>") == 1
    assert not re.search(r"<(?:img|iframe)\b", text)
    assert not re.search(r"<[^>]*\son\w+=", re.sub(r'"[^"]*"', '""', text))
    assert "{{ 7 * 7 }}" in text
    assert "\u202e" not in text


# Redacted


def told_of_persons() -> set[str]:
    """Every id, name and value of the sample that tells of somebody."""
    known: set[str] = set()
    for line in (SAMPLE / "events.ndjson").read_text(encoding="utf-8").splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            continue
        properties = event.get("properties", {})
        known |= {str(event.get("distinct_id")), str(properties.get("distinct_id"))}
        for key in ("$set", "$set_once"):
            values = {**event.get(key, {}), **properties.get(key, {})}
            known |= {str(values[one]) for one in ("name", "email") if one in values}
    return {one for one in known if re.match(r"(anon-|user_|crm-)|.*@", one)}


@pytest.mark.parametrize(
    "command",
    [
        *(
            ("report", "-o", "-"),
            ("report", "user_nils", "-o", "-"),
            ("person", "user_nils"),
            ("warnings", "--all"),
        ),
        *(("export", "persons"), ("export", "distinct_ids"), ("export", "links"), ("export", "warnings")),
        *(("graph", "user_nils"), ("graph", "--format", "json"), ("graph", "--format", "svg")),
    ],
    ids=" ".join,
)
def test_nothing_redacted_tells_of_anybody(shop: Path, command: tuple[str, ...]) -> None:
    answer = invoke(*command, "--redact")
    assert answer.exit_code == 0, answer.output
    assert "id-" in answer.stdout
    assert {one for one in told_of_persons() if one in answer.stdout} == set()
    persons = [
        person_id for (person_id,) in Run("idcli-run").database.execute("SELECT person_id FROM persons")
    ]
    assert not any(one in answer.stdout for one in persons)


def test_pseudonyms_are_the_same_under_one_key_and_others_under_another(shop: Path) -> None:
    (shop / "key").write_bytes(b"one secret")
    (shop / "other").write_bytes(b"another")
    answers = [invoke("export", "links", "--redact-key", name).stdout for name in ("key", "key", "other")]
    assert answers[0] == answers[1] != answers[2]
    assert "one secret" not in answers[0]
    assert "id-" in invoke("person", "user_nils", "--redact-key", "key").stdout


def test_two_runs_are_redacted_by_the_same_pseudonyms(shop: Path) -> None:
    plain, told = (
        invoke("report", "--compare", "idcli-run", "current", "-o", "-", *more).stdout
        for more in ((), ("--redact",))
    )
    assert "49 persons became 50; 1 distinct id moved" in plain
    assert "49 persons became 50; 1 distinct id moved" in told


def test_a_redacted_timeline_has_the_events_between_links(shop: Path) -> None:
    plain, told = (invoke("report", "user_ivo", "-o", "-", *more).stdout for more in ((), ("--redact",)))
    ticks = r"<title>(\w+) by \w+, (:\d+)</title>"
    assert re.findall(ticks, plain) == re.findall(ticks, told) != []


def test_a_log_is_not_redacted(shop: Path) -> None:
    assert invoke("export", "log", "--redact").exit_code == 2


def test_every_column_of_a_run_is_redacted_or_known_to_tell_of_nobody(shop: Path) -> None:
    run = replay(
        "sample_data/events.ndjson",
        "whole",
        with_events=True,
        internal_users="sample_data/internal_users.txt",
    )
    columns = {
        f"{table}.{column}"
        for (table,) in run.database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        for _, column, kind, *_ in run.database.execute(f"PRAGMA table_info({table})")
        if kind == "TEXT" and not re.search(r"_at$|_seen$|^time$|^arrived$|^due$", column)
    }
    assert columns <= redacted_columns() | SAFE
    assert redacted_columns() | SAFE <= columns


# In a browser

WIDTHS = (360, 768, 1024, 1920)
OPEN_ALL = "document.querySelectorAll('details').forEach(fold => { fold.open = true })"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed: pip install 'idcli[dev]'"
    )
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def opened(browser: Any) -> Iterator[Callable[..., Any]]:
    """opened(path, **options): a page of the browser, which must not complain or ask for anything."""
    complaints: list[str] = []
    asked: list[str] = []
    contexts = []

    def open_(path: Path, hash_: str = "", **options: Any) -> Any:
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"file://{path}{hash_}")
        return page

    yield open_
    assert complaints == []
    assert all(url.startswith("file://") for url in asked)
    assert len(asked) == len(contexts)
    for context in contexts:
        context.close()


@pytest.mark.slow
def test_the_search_finds_what_is_gone_and_opens_its_person(
    report: Report, opened: Callable[..., Any]
) -> None:
    page = opened(report())
    page.fill("#find", "olga@example.org")
    assert page.text_content("#found") == "6 of 82 ids"
    page.click("#hits a >> nth=0")
    assert page.evaluate("document.querySelector(location.hash).closest('details').open")
    page.fill("#find", "nobody at all")
    assert page.text_content("#found") == "0 of 82 ids"


@pytest.mark.slow
def test_a_finding_opens_from_a_link_and_by_key(report: Report, opened: Callable[..., Any]) -> None:
    page = opened(report(), "#f3")
    assert page.evaluate("document.getElementById('f3').closest('details').open")
    second = page.locator("details.card").nth(1)
    assert second.get_attribute("open") is None
    second.locator("summary").focus()
    page.keyboard.press("Enter")
    assert second.get_attribute("open") is not None


@pytest.mark.slow
@pytest.mark.parametrize("width", WIDTHS)
def test_no_width_makes_it_scroll_sideways(report: Report, opened: Callable[..., Any], width: int) -> None:
    for path in (report(), report("--compare", "idcli-run", "current")):
        page = opened(path, viewport={"width": width, "height": 800})
        page.evaluate(OPEN_ALL)
        assert page.evaluate("document.scrollingElement.scrollWidth") <= width


@pytest.mark.slow
def test_it_follows_light_and_dark(report: Report, opened: Callable[..., Any]) -> None:
    paper = "getComputedStyle(document.body).backgroundColor"
    assert opened(report(), color_scheme="light").evaluate(paper) == "rgb(255, 255, 255)"
    assert opened(report(), color_scheme="dark").evaluate(paper) == "rgb(15, 19, 24)"


@pytest.mark.slow
def test_without_scripts_all_is_there_but_the_search(report: Report, opened: Callable[..., Any]) -> None:
    page = opened(report(), java_script_enabled=False)
    assert not page.is_visible(".search")
    assert page.is_visible("#f0")
    page.click("details.card >> nth=1 >> summary")
    assert page.is_visible("#f1")


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(report: Report, opened: Callable[..., Any], scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
    for path in (report(), report("user_nils")):
        page = opened(path, color_scheme=scheme)
        page.evaluate(OPEN_ALL)
        found = axe.Axe().run(page).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found] == []


@pytest.mark.slow
def test_ids_of_strangers_execute_nothing(tmp_path: Path, opened: Callable[..., Any]) -> None:
    page = opened(hostile(tmp_path))
    page.evaluate(OPEN_ALL)
    page.fill("#find", "<")
    assert page.title().startswith("Identity report")
    assert page.evaluate("document.querySelectorAll('img, iframe').length") == 0


@pytest.mark.slow
def test_a_drawing_as_a_file_is_dark_in_the_dark(
    shop: Path, opened: Callable[..., Any], tmp_path: Path
) -> None:
    invoke("graph", "user_nils", "-o", str(tmp_path / "nils.svg"))
    paper = "getComputedStyle(document.querySelector('.bg')).fill"
    assert opened(tmp_path / "nils.svg", color_scheme="dark").evaluate(paper) == "rgb(15, 19, 24)"
    assert opened(tmp_path / "nils.svg", color_scheme="light").evaluate(paper) == "rgb(255, 255, 255)"


def test_the_axis_of_a_chart_has_room_for_any_number() -> None:
    for most in (1, 999, 40_000, 180_000, 1_000_000, 3_000_000_000):
        drawn = stacked_bars(Chart("t", "c", ["a"], [Series("s", [most])], "of"), "p")
        values = re.findall(r'text-anchor="end">([^<]*)<', drawn)
        assert len(values) >= 3
        assert max(map(len, values)) <= 7, values
