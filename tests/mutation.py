"""Mutates the code one small fault at a time, and reports the faults that no test notices.

By hand, or nightly: `python tests/mutation.py` takes hours, `--sample 60 --seed 1` some minutes; the same
seed tries the same mutants of the same code. Every mutant is tried in a copy of the project, in a process
of its own, with the fast tests of what was mutated. Nothing is tried where those tests fail without a
mutant, or do not see the mutated module at all. What survives is worth a look: a test is missing, or the
code does nothing. If neither, and the mutant means the same, it stands in ACCEPTED, with the reason.
"""

import argparse
import ast
import multiprocessing
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import click.testing
import msgspec.json
import pytest
import rich.console
import rich.progress
import rich.table

LOADED = (click.testing, msgspec.json, pytest, rich.console, rich.progress, rich.table)
"""Read once, for all the processes that come of this one: half of what most mutants cost."""
PROJECT = Path(__file__).parent.parent
ON_RULES = (
    *("test_corners.py", "test_rules_dated.py", "test_rules_linking.py", "test_rules_buffer.py"),
    *("test_rules_properties.py", "test_rules_auto.py", "test_capture.py", "test_rules_mixpanel.py"),
    *("test_conformance.py::test_case", "test_conformance.py::test_recorded_sequences"),
    "test_conformance.py::test_recorded_sequences_through_a_run",
)
ON_WHY = ("test_corners.py", "test_why.py", "test_why_not.py", "test_whatif.py", "test_culprits.py")
ON_CALLS = ("test_dialects.py", "test_recognition.py", "test_call_rows.py", "test_devices.py")
ON_MIXPANEL = ("test_mixpanel_logs.py", "test_dialects.py", "test_recognition.py")
ON_POSTHOG = ("test_capture.py", "test_cookieless.py", "test_reading.py", "test_dialects.py")
TESTS = {
    "resolver/person_resolver.py": (*ON_RULES, "test_whatif.py"),
    "resolver/processing.py": ON_RULES,
    "resolver/person_changes.py": ON_RULES,
    "resolver/properties.py": ON_RULES,
    "resolver/id_owners.py": ON_RULES,
    "resolver/person_state.py": ON_RULES,
    "resolver/event_buffer.py": (*ON_RULES, "test_whatif.py"),
    "resolver/everybody.py": ("test_resolver_state.py", *ON_RULES),
    "pieces/": ("test_pieces.py",),
    "rules/words.py": ON_WHY,
    "rules/": ON_RULES,
    "dialects/mixpanel": ON_MIXPANEL,
    "dialects/posthog": ON_POSTHOG,
    "dialects/": (*ON_CALLS, "test_books.py", "test_times.py", "test_reading.py", "test_mixpanel_logs.py"),
    "counterfactual/component.py": ON_WHY,
    "counterfactual/edits.py": ON_WHY,
    "reports/why": ON_WHY,
    "counterfactual/mentions.py": ON_WHY,
    "counterfactual/remedies.py": ON_WHY,
    "counterfactual/separators.py": ON_WHY,
    "counterfactual/trials.py": ON_WHY,
    "counterfactual/ways.py": ON_WHY,
}
"""What is mutated, and which tests ought to notice, the cheapest first."""
ACCEPTED: dict[tuple[str, str, str], str] = {
    (
        "resolver/person_state.py",
        "if time < self.first:",
        "Lt becomes LtE",
    ): "the same time is put in its own place",
    (
        "dialects/record.py",
        'wide = msgspec.defstruct("WideEvent", [properties_field], '
        "bases=(WireEvent,), gc=False, kw_only=True)",
        "False becomes True",
    ): "whether records are looked through for cycles, which none has, is a matter of speed",
    ("rules/posthog.py", "date=date(2024, 10, 1),", "10 becomes 11"): "only the order of these dates counts",
}
"""By module, line of source and mutation: why the mutant means the same."""
SECONDS = 300
"""A mutant may take as long, and thirty times as long as no mutant does if that is more."""
SWAPPED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
}


class Mutant(NamedTuple):
    """One fault: in which file and line, what stands there, what becomes of it, and which node and change."""

    module: str
    line: int
    text: str
    what: str
    place: int
    choice: int

    @property
    def source(self) -> str:
        """The file with the fault."""
        tree = ast.parse(_source_of(self.module))
        _change(list(ast.walk(tree))[self.place], self.choice)
        return ast.unparse(tree)

    @property
    def accepted(self) -> str | None:
        """Why it means the same, if it does."""
        return ACCEPTED.get((self.module, self.text, self.what))


def main() -> None:
    """Try mutants, and tell those that survive; exit code 1 if there are any."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, help="how many mutants, taken at random; all without it")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="modules whose path begins so, such as rules/")
    asked = parser.parse_args()
    every = [mutant for module in _modules(asked.only) for mutant in mutants_of(module)]
    mutants = every if asked.sample is None else sample_of(every, asked.sample, random.Random(asked.seed))
    with tempfile.TemporaryDirectory(prefix="idcli-mutants-") as folder:
        counts = try_out(mutants, _copied(Path(folder)))
    print(f"{len(mutants)} mutants of {len(every)}, seed {asked.seed}: {_told(counts)}")
    sys.exit(1 if counts["survived"] else 0)


def try_out(mutants: list[Mutant], folder: Path) -> Counter[str]:
    """How many came to what, told as it happens."""
    seconds = {
        tests: _checked(tests, mutants, folder) for tests in {_tests_of(one.module) for one in mutants}
    }
    counts: Counter[str] = Counter()
    for number, mutant in enumerate(mutants, 1):
        allowed = seconds[_tests_of(mutant.module)]
        accepted = mutant.accepted is not None
        fate = "equivalent" if accepted else _fate(mutant.module, mutant.source, folder, allowed)
        counts[fate] += 1
        if fate not in ("killed", "equivalent"):
            print(f"{fate}  {mutant.module}:{mutant.line}  {mutant.what}  in: {mutant.text}", flush=True)
        if number % 10 == 0:
            print(f"# {number} of {len(mutants)}: {_told(counts)}", file=sys.stderr, flush=True)
    return counts


def sample_of(every: list[Mutant], size: int, chance: random.Random) -> list[Mutant]:
    """One mutant of every module, then others, as many as asked for."""
    shuffled = chance.sample(every, len(every))
    first = {mutant.module: mutant for mutant in reversed(shuffled)}
    rest = [mutant for mutant in shuffled if first[mutant.module] is not mutant]
    return [*first.values(), *rest][:size]


def mutants_of(module: str) -> Iterator[Mutant]:
    """Every fault that one change of the module makes."""
    source = _source_of(module)
    lines = source.splitlines()
    tree = ast.parse(source)
    left_alone = {part for node in ast.walk(tree) for one in _decorators(node) for part in ast.walk(one)}
    for place, node in enumerate(ast.walk(tree)):
        for choice, what in enumerate(() if node in left_alone else _changes(node)):
            line = getattr(node, "lineno", 0)
            yield Mutant(module, line, lines[line - 1].strip(), what, place, choice)


@cache
def _source_of(module: str) -> str:
    return (PROJECT / "identity_cli" / module).read_text(encoding="utf-8")


def _decorators(node: ast.AST) -> list[ast.expr]:
    """How a class is kept or a function cached: no tests are about that."""
    settings = [keyword.value for keyword in node.keywords] if isinstance(node, ast.ClassDef) else []
    return [*getattr(node, "decorator_list", []), *settings]


def _changes(node: ast.AST) -> list[str]:  # noqa: PLR0911 - one answer a kind of node
    """The changes that a node can take, in words."""
    match node:
        case ast.Compare(ops=ops):
            return [f"{_word(op)} becomes {_word(SWAPPED[type(op)]())}" for op in ops if type(op) in SWAPPED]
        case ast.BoolOp(op=op) | ast.BinOp(op=op) if type(op) in SWAPPED:
            return [f"{_word(op)} becomes {_word(SWAPPED[type(op)]())}"]
        case ast.UnaryOp(op=ast.Not()):
            return ["not falls away"]
        case ast.If() | ast.IfExp():
            return ["the condition is turned round", "the condition holds always"]
        case ast.Constant(value=bool() as value):
            return [f"{value} becomes {not value}"]
        case ast.Constant(value=int() as value):
            return [f"{value} becomes {value + 1}"]
        case ast.Expr(value=ast.Call()):
            return ["the call falls away"]
    return []


def _change(node: ast.AST, choice: int) -> None:
    match node:
        case ast.Compare(ops=ops):
            known = [place for place, op in enumerate(ops) if type(op) in SWAPPED]
            ops[known[choice]] = SWAPPED[type(ops[known[choice]])]()  # type: ignore[call-overload]
        case ast.BoolOp() | ast.BinOp():
            node.op = SWAPPED[type(node.op)]()  # type: ignore[assignment]
        case ast.UnaryOp():
            node.op = ast.UAdd()
            node.operand = ast.Call(ast.Name("bool", ast.Load()), [node.operand], [])
        case ast.If() | ast.IfExp():
            node.test = ast.Constant(True) if choice else ast.UnaryOp(ast.Not(), node.test)
        case ast.Constant(value=bool() as value):
            node.value = not value
        case ast.Constant(value=int() as value):
            node.value = value + 1
        case ast.Expr():
            node.value = ast.Constant(None)


def _word(op: ast.AST) -> str:
    return type(op).__name__


def _told(counts: Counter[str]) -> str:
    fates = ("killed", "timed out", "equivalent", "survived")
    return ", ".join(f"{counts[fate]} {fate}" for fate in fates)


def _modules(only: str) -> Iterator[str]:
    package = PROJECT / "identity_cli"
    for path in sorted(package.rglob("*.py")):
        module = path.relative_to(package).as_posix()
        if module.startswith(only) and _tests_of(module):
            yield module


def _tests_of(module: str) -> tuple[str, ...]:
    return next((tests for start, tests in TESTS.items() if module.startswith(start)), ())


# Trying


def _copied(folder: Path) -> Path:
    """The project in a folder of its own, as tests need it."""
    for name in ("identity_cli", "tests", "sample_data"):
        shutil.copytree(PROJECT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(PROJECT / name, folder / name)
    return folder


def _checked(tests: tuple[str, ...], mutants: list[Mutant], folder: Path) -> float:
    """How many seconds a mutant may take; ends it all where these tests can tell nothing."""
    module = next(mutant.module for mutant in mutants if _tests_of(mutant.module) == tests)
    start = time.monotonic()
    if _exit_code(tests, folder, seconds=None) != 0:
        sys.exit(f"the tests of {module} fail without any mutation: {' '.join(tests)}")
    allowed = max(SECONDS, 30 * (time.monotonic() - start))
    if _fate(module, "raise ImportError", folder, allowed) != "killed":
        sys.exit(f"the tests of {module} do not notice when it is not there: {' '.join(tests)}")
    return allowed


def _fate(module: str, source: str, folder: Path, seconds: float) -> str:
    """Whether a test fails where a module is that source: killed, or survived; or timed out."""
    file = folder / "identity_cli" / module
    original, when = file.read_bytes(), file.stat().st_mtime_ns
    file.write_text(source, encoding="utf-8")
    try:
        code = _exit_code(_tests_of(module), folder, seconds)
        return "timed out" if code is None else "killed" if code else "survived"
    finally:
        file.write_bytes(original)
        os.utime(file, ns=(when, when))  # by which its compiled form is known again


def _exit_code(tests: tuple[str, ...], folder: Path, seconds: float | None) -> int | None:
    """That of pytest, which runs in a process that knows nothing of the project yet; None: too slow."""
    process = multiprocessing.get_context("fork").Process(target=_test, args=(tests, folder, seconds is None))
    process.start()
    process.join(seconds)
    if process.exitcode is None and process.pid is not None:
        os.killpg(process.pid, signal.SIGKILL)
        process.join()
        return None
    return process.exitcode


def _test(tests: tuple[str, ...], folder: Path, keeps_compiled: bool) -> None:
    os.setsid()
    os.chdir(folder)
    for stream in (1, 2):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
    sys.path.insert(0, str(folder))
    sys.dont_write_bytecode = not keeps_compiled
    named = [f"tests/{name}" for name in tests]
    options = ["-q", "-x", "-m", "not slow", "-p", "no:cacheprovider"]
    os._exit(pytest.main([*options, *named]))


if __name__ == "__main__":
    main()
