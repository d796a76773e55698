"""Two answers compared: what is the same, what was merged, split or exchanged, and by how many pairs."""

import json
import random
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from identity_cli import Run, diff, replay
from identity_cli.cli import idcli
from identity_cli.comparing.comparison import ChangeKind, Comparison, Member, compare

SAMPLE = Path(__file__).parent.parent / "sample_data" / "events.ndjson"


def compared(old: str, new: str) -> Comparison:
    """Compare two answers, a letter an id: "ab c" are two persons."""
    olds = {one: f"old {group}" for group in old.split() for one in group}
    news = {one: f"new {group}" for group in new.split() for one in group}
    members = [Member(1, one, 1, olds.get(one), news.get(one)) for one in sorted({*olds, *news})]
    return compare(lambda: members)


@pytest.mark.parametrize(
    ("old", "new", "kinds", "moved"),
    [
        ("ab c", "ab c", [], ""),
        ("ab c", "abc", ["merged"], "c"),
        ("abc", "ab c", ["split"], "c"),
        ("ab cd", "ac bd", ["overlapping"], "bc"),
        ("ab", "ab c", ["new"], ""),
        ("ab c", "ab", ["gone"], ""),
        ("ab", "abc", [], ""),
        ("abcd ef", "abcef d", ["overlapping"], "def"),
    ],
)
def test_each_kind_of_change(old: str, new: str, kinds: list[str], moved: str) -> None:
    found = compared(old, new)
    assert [str(change.kind) for change in found.changes] == kinds
    assert sorted(member.distinct_id for _, member in found.moved) == sorted(moved)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=25))
def test_pairs_are_those_that_counting_finds(answers: list[tuple[int, int]]) -> None:
    members = [Member(1, str(number), 1, f"o{old}", f"n{new}") for number, (old, new) in enumerate(answers)]
    found = compare(lambda: members)
    pairs = [*combinations(members, 2)]
    assert found.pairs.old == sum(a.old == b.old for a, b in pairs)
    assert found.pairs.new == sum(a.new == b.new for a, b in pairs)
    assert found.pairs.both == sum(a.old == b.old and a.new == b.new for a, b in pairs)
    assert bool(found.changes) == (found.pairs.precision < 1 or found.pairs.recall < 1)
    persons = [*(old for old, _ in found.unchanged), *(old for change in found.changes for old in change.old)]
    assert sorted(persons) == sorted({f"o{old}" for old, _ in answers}), "each person is told once"


def test_the_names_of_persons_do_not_matter() -> None:
    rng = random.Random(1)
    answer = [(str(one), rng.randrange(9)) for one in range(40)]
    members = [Member(1, one, 1, f"x{person}", f"y{8 - person}") for one, person in answer]
    assert not compare(lambda: members).differs


def test_ids_of_one_side_are_counted_and_left_aside() -> None:
    found = compared("abx c", "aby c")
    assert (found.ids_new, found.ids_gone, len(found.unchanged)) == (1, 1, 2)
    assert found.differs


@pytest.fixture
def runs(tmp_path: Path) -> tuple[Run, Run]:
    return replay(SAMPLE, tmp_path / "a"), replay(SAMPLE, tmp_path / "b", rules="current")


def test_two_rule_sets_on_one_log(runs: tuple[Run, Run]) -> None:
    found = diff(*runs)
    assert found.settings == {"rule_set": ("guide", "current"), "buffer_seconds": (60.0, 0.0)}
    assert [
        (change.kind, [member.distinct_id for member in change.moved]) for change in found.comparison.changes
    ] == [(ChangeKind.SPLIT, ["user_ivo"])]
    assert found.properties_differ, "current copies event properties onto persons"


@pytest.mark.parametrize(
    ("one", "other", "differs"),
    [
        ({"plan": True}, {"plan": 1}, True),
        ({"plan": [True]}, {"plan": [1]}, True),
        ({"plan": 1}, {"plan": 1.0}, False),
        ({"plan": [{"a": 1, "b": 2}]}, {"plan": [{"b": 2, "a": 1.0}]}, False),
        ({"plan": [1, 2]}, {"plan": [2, 1]}, True),
        ({"plan": None}, {}, True),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, False),
    ],
)
def test_properties_differ_as_json_does(one: object, other: object, differs: bool, tmp_path: Path) -> None:
    def run_with(written: object, name: str) -> Run:
        return replay(
            [{"event": "$set", "distinct_id": "ada", "properties": {"$set": written}}], tmp_path / name
        )

    assert diff(run_with(one, "one"), run_with(other, "other")).differs == differs


def test_a_run_does_not_differ_from_itself(runs: tuple[Run, Run]) -> None:
    assert not diff(runs[0], runs[0]).differs
    assert CliRunner().invoke(idcli, ["diff", str(runs[0].folder), str(runs[0].folder)]).exit_code == 0


def test_the_command(runs: tuple[Run, Run], terminal: Callable[[int], None]) -> None:
    terminal(80)
    asked = ["diff", *(str(run.folder) for run in runs)]
    shown = CliRunner().invoke(idcli, asked)
    assert shown.exit_code == 1
    assert "user_ivo" in shown.stdout
    assert max(map(len, shown.stdout.splitlines())) <= 80
    told = json.loads(CliRunner().invoke(idcli, [*asked, "--format", "json"]).stdout)
    assert told["split"] == told["ids_moved"] == 1
    (row,) = CliRunner().invoke(idcli, [*asked, "--format", "ndjson"]).stdout.splitlines()
    assert json.loads(row)["distinct_id"] == "user_ivo"
