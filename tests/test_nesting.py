"""How deep a line is nested is told from its brackets, and is the same whatever was done before."""

import json
from random import Random
from typing import Any

import pytest

from identity_cli.dialects import nesting
from identity_cli.dialects.json_lines import value_of


def levels_of(value: Any) -> int:
    inside = value.values() if isinstance(value, dict) else value
    return 1 + max(map(levels_of, inside), default=0) if isinstance(value, dict | list) else 0


def any_text(chance: Random) -> str:
    return "".join(chance.choice('[]{}"\\ax\u1234\n') for _ in range(chance.randrange(6)))


def any_value(chance: Random, level: int = 0) -> Any:
    kind = chance.random()
    if kind > 0.6 or level > 8:
        return any_text(chance)
    values = [any_value(chance, level + 1) for _ in range(chance.randrange(4))]
    return values if kind < 0.3 else {any_text(chance): value for value in values}


def test_brackets_in_texts_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = Random(1)
    for turn in range(2_000):
        value, deepest = [any_value(chance)], chance.randrange(1, 10)
        monkeypatch.setattr(nesting, "DEEPEST", deepest)
        monkeypatch.setattr(nesting, "SHALLOW_BYTES", 2 * deepest)
        line = json.dumps(value, ensure_ascii=bool(turn % 2)).encode()
        assert nesting.is_too_deep(line) == (levels_of(value) > deepest), line


def test_what_is_not_too_deep_is_read_where_calls_stand_deep_already() -> None:
    def after(calls: int) -> Any:
        return after(calls - 1) if calls else value_of(b"[" * nesting.DEEPEST + b"]" * nesting.DEEPEST)

    assert isinstance(after(500), list)
