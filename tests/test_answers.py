"""Every JSON answer is what its type says, and so what `idcli schema` says."""

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from identity_cli.answers.registry import ANSWERS
from identity_cli.cli import COMMANDS, idcli

SAMPLE = "sample_data/events.ndjson"
Asked = Callable[[str], Any]

# By answer: what is asked, so that together each key is met with a value in it.
QUESTIONS: dict[str, list[str]] = {
    "replay": [
        f"replay {SAMPLE} --run RUN2 --events --format json",
        f"replay {SAMPLE} --run RUN2 --rules auto --format json"
        " --internal-users sample_data/test_account_filters.json",
    ],
    "find": ["find hanna --format json", "find f46a742c-6772-51cb-9c39-42bad2b77a6c --format json"],
    "person": [
        "person user_ivo --format json",
        "person user_olga --format json",
        "person user_lina --format json",
    ],
    "person-as-of": [
        f"person user_ivo --as-of {SAMPLE}:250 --format json",
        "person user_ivo --as-of 2023-03-16 --format json",
    ],
    "persons": ["persons --format json", "persons --run RUN2 --format json"],
    "warnings": ["warnings --format json"],
    "warnings-type": ["warnings --type cannot_merge_already_identified --format json"],
    "audits": ["audits --format json"],
    "warnings-all": ["warnings --all --format json"],
    "events": ["events user_ivo --format json"],
    "how": ["how user_nils --format json"],
    "blame": ["blame user_ivo --format json", "blame user_ivo email --format json"],
    "why": ["why user_petra user_nils --format json", "why user_ivo user_lina --format json"],
    "why-id": ["why user_ivo --format json", "why anon-f9027a --format json"],
    "audit": ["audit --format json"],
    "trend": ["trend --format json", "trend --lib --by hour --format json"],
    "culprits": ["culprits user_nils --format json"],
    "repair": ["repair user_nils --format json"],
    "whatif": ["whatif --without 298 --format json", "whatif --block-id user_olga --format json"],
    "verify": ["verify --persons sample_data/persons_export.jsonl --suggest --format json"],
    "diff": ["diff RUN RUN3 --format json"],
    "dialects": ["dialects --format json"],
}


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Asked:
    """asked(question): the answer; RUN, RUN2 and RUN3 are runs."""
    folder = tmp_path_factory.mktemp("answers")

    def ask(question: str) -> Any:
        words = [str(folder / word) if word.startswith("RUN") else word for word in question.split()]
        told = CliRunner(env={"IDCLI_RUN": str(folder / "RUN")}).invoke(idcli, words)
        assert told.exit_code in (0, 1), told.stderr
        return json.loads(told.stdout) if "json" in words else None

    ask(f"replay {SAMPLE} --run RUN -q")
    ask(f"replay {SAMPLE} --run RUN3 -q --rules 2022-12")
    return ask


@pytest.mark.parametrize(("name", "question"), [(name, one) for name in QUESTIONS for one in QUESTIONS[name]])
def test_an_answer_is_of_its_type(asked: Asked, name: str, question: str) -> None:
    told = asked(question)
    assert msgspec.to_builtins(msgspec.convert(told, ANSWERS[name])) == told, (
        "a key that the type does not have"
    )


def test_every_answer_has_a_type() -> None:
    """Whatever can be asked for as JSON; of tables the columns are told where they are defined."""
    context = idcli.make_context("idcli", ["schema"])
    as_json = {
        name
        for name in COMMANDS
        for option in idcli.get_command(context, name).params  # type: ignore[union-attr]  # it is a command
        if option.name == "output" and "json" in getattr(option.type, "choices", ())
    } - {"export"}
    assert as_json == {name.split("-")[0] for name in ANSWERS}
    assert QUESTIONS.keys() == ANSWERS.keys()


@pytest.mark.parametrize("name", ANSWERS)
def test_a_schema_takes_the_answer_and_nothing_else(asked: Asked, name: str) -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="needs jsonschema: pip install 'idcli[tools]'")
    schema = json.loads(CliRunner().invoke(idcli, ["schema", name]).stdout)
    checker = jsonschema.Draft202012Validator(schema)
    checker.check_schema(schema)
    answer = asked(QUESTIONS[name][0])
    assert not [*checker.iter_errors(answer)]
    one = answer[0] if isinstance(answer, list) else answer
    one.pop(next(key for key in one if key != "format"))
    assert [*checker.iter_errors(answer)]


def test_schemas_are_listed_and_others_refused() -> None:
    listed = CliRunner().invoke(idcli, ["schema"]).stdout
    assert all(f"\n{name} " in listed for name in ANSWERS)
    refused = CliRunner().invoke(idcli, ["schema", "nothing"])
    assert (refused.exit_code, refused.stderr.startswith("idcli: no answer 'nothing': choose one of")) == (
        2,
        True,
    )


def test_the_schema_of_the_database_is_sql() -> None:
    import sqlite3

    sql = CliRunner().invoke(idcli, ["schema", "run.db"]).stdout
    sqlite3.connect(":memory:").executescript(sql).close()
    assert "CREATE VIEW people AS  -- " in sql
