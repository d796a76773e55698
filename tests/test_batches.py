"""Lines that hold several events: each has its place in ingestion order and an address of its own."""

import json
from pathlib import Path

import pytest

from identity_cli import Run, replay
from identity_cli.errors import AmbiguousEvent, NoSuchLine, UnknownDialect
from identity_cli.origins import Origins


def event(distinct_id: str, name: str = "e", **more: object) -> dict[str, object]:
    return {"event": name, "distinct_id": distinct_id, **more}


def identify(distinct_id: str, anonymous: str) -> dict[str, object]:
    return event(distinct_id, "$identify", properties={"$anon_distinct_id": anonymous})


def run_of(folder: Path, *lines: object) -> Run:
    log = folder / "log.ndjson"
    log.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return replay(log, folder / "run", buffer=0)


def test_an_event_has_the_origin_of_its_line(tmp_path: Path) -> None:
    run = run_of(
        tmp_path,
        event("a"),
        {"batch": [event("b"), event("c"), identify("u", "b")], "api_key": "phc"},
        event("d"),
        [event("e"), identify("v", "e")],
        identify("w", "d"),
    )
    origins = {row[1]: row[5] for row in run.records("distinct_ids")}
    assert origins == {"a": 1, "b": 2, "c": 2, "u": 2, "d": 3, "e": 4, "v": 4, "w": 5}
    nths = {row[1]: row[6] for row in run.records("distinct_ids")}
    assert nths == {"a": None, "b": 1, "c": 2, "u": 3, "d": None, "e": 1, "v": 2, "w": None}
    assert [run.origin(seq).line for seq in range(1, 9)] == [1, 2, 2, 2, 3, 4, 4, 5]
    assert run.metadata["lines"] == 5
    assert run.metadata["events"] == 8
    assert all(total == sum(parts.values()) for _, total, parts in run.books())


def test_what_is_no_event_among_several_is_rejected_alone(tmp_path: Path) -> None:
    run = run_of(tmp_path, {"batch": [event("a"), {"distinct_id": "nameless"}, event("b"), 7]}, event("c"))
    (row,) = run.sources()
    assert row["lines"] == 2
    assert {row[1] for row in run.records("distinct_ids")} == {"a", "b", "c"}
    reasons = [(json.loads(line)["line"], json.loads(line)["reason"]) for line in run.rejected_lines()]
    assert reasons == [(1, "event 2 of 4: no event name"), (1, "event 4 of 4: not a JSON object")]


PAGE = {"type": "page", "anonymousId": "ada"}
SENT = {"event_type": "e", "user_id": "ada"}


@pytest.mark.parametrize(
    ("first", "line"),
    [
        (event("c"), {"batch": [{"batch": [event("a")]}, event("b")]}),
        (event("c"), [[event("a")], event("b")]),
        (PAGE, {"batch": [{"batch": [PAGE]}, PAGE]}),
        (SENT, {"events": [{"events": [SENT]}, SENT]}),
    ],
    ids=["posthog", "an array", "calls", "amplitude"],
)
def test_a_batch_within_a_batch_is_told_as_one(tmp_path: Path, first: object, line: object) -> None:
    run = run_of(tmp_path, first, line)
    (rejected,) = map(json.loads, run.rejected_lines())
    assert rejected["reason"].endswith(" 1 of 2: a batch within a batch")


@pytest.mark.parametrize("order", [None, "time"])
def test_a_body_without_an_event_is_rejected_and_the_next_line_keeps_its_place(
    tmp_path: Path, order: str | None
) -> None:
    log = tmp_path / "log.ndjson"
    bodies = [[{"event_type": "a", "user_id": one, "time": 1_700_000_000_000}] for one in ("ada", "bob")]
    bodies.insert(1, [])
    log.write_text("".join(json.dumps({"api_key": "k", "events": body}) + "\n" for body in bodies))
    run = replay(log, tmp_path / "run", order=order)
    assert [(row[1], row[5]) for row in run.records("distinct_ids")] == [("ada", 1), ("bob", 3)]
    (rejected,) = map(json.loads, run.rejected_lines())
    assert (rejected["line"], rejected["reason"]) == (2, "no event in the batch")
    assert all(total == sum(parts.values()) for _, total, parts in run.books())


def test_origins_across_files_with_batches() -> None:
    origins = Origins([("a", 1), ("b", 6)], [(2, 2, 3), (6, 1, 2)])
    places = [str(origins[seq]) for seq in range(1, 10)]
    assert places == ["a:1", "a:2#1", "a:2#2", "a:2#3", "a:3", "b:1#1", "b:1#2", "b:2", "b:3"]


def test_a_place_may_be_given_as_it_is_cut() -> None:
    origins = Origins([("a/log", 1), ("b/log", 4), ("b/other", 6)], seqs=9)
    assert origins.seqs_at("…/other:2") == origins.seqs_at("…er:2") == [7]
    with pytest.raises(AmbiguousEvent, match="may be a/log:1 or b/log:1: say which"):
        origins.seqs_at("…log:1")
    assert origins.seqs_at("…log:3") == [3], "of the two only the first has a third line"
    assert origins.seqs_at("…nowhere:1") == []


def test_only_files_that_have_a_line_are_named_for_it() -> None:
    origins = Origins([("mon", 1), ("tue", 4)], [(4, 2, 1)], seqs=6)
    assert origins.seqs_at("1") == [1], "the first event of tue stands on its second line"
    with pytest.raises(AmbiguousEvent, match="may be mon:3 or tue:3"):
        origins.seqs_at("3")
    with pytest.raises(NoSuchLine, match="no line '9' in this run: mon ends at line 3, tue ends at line 4"):
        origins.seqs_at("9")


def test_a_dialect_that_there_is_not(tmp_path: Path) -> None:
    with pytest.raises(UnknownDialect, match="there are posthog"):
        replay([event("a")], tmp_path / "run", dialect="post-hog")
