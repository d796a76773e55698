"""Mutates the code one small fault at a time, and reports the faults that no test notices.

By hand, or nightly: `python tests/mutation.py` takes hours; `--sample 60 --seed 1` some minutes. Every
mutant is tried in a copy of the project, with the fast tests of what was mutated, so nothing is left behind.
Survivors are worth a look: a test is missing, the code does nothing, or the mutant means the same.
"""

import argparse
import ast
import copy
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

PROJECT = Path(__file__).parent.parent
RESOLVING = (
    *("test_corners.py", "test_rules_dated.py", "test_rules_linking.py", "test_rules_buffer.py"),
    *("test_rules_properties.py", "test_rules_mixpanel.py", "test_rules_auto.py", "test_conformance.py"),
    *("test_against_oracle.py", "test_capture.py"),
)
EXPLAINING = ("test_corners.py", "test_why.py", "test_why_not.py", "test_whatif.py", "test_culprits.py")
READING = ("test_dialects.py", "test_recognition.py", "test_reading.py", "test_mixpanel_logs.py")
TESTS = {
    "resolver.py": RESOLVING,
    "processing.py": RESOLVING,
    "properties.py": RESOLVING,
    "owners.py": RESOLVING,
    "persons.py": RESOLVING,
    "buffer.py": RESOLVING,
    "journal.py": RESOLVING,
    "rules/": RESOLVING,
    "dialects/": READING,
    "scope.py": EXPLAINING,
    "edits.py": EXPLAINING,
    "reports/why": EXPLAINING,
    "counterfactual/": EXPLAINING,
}
"""What is mutated, and which tests ought to notice; those of terminals and signals are not among them, as
what runs in the background inherits ignored signals."""
SECONDS = 240
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
    """One fault: in which file and line, what it is, and the file with it."""

    module: str
    line: int
    what: str
    source: str


def main() -> None:
    """Try mutants, and tell those that survive; exit code 1 if there are any."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, help="how many mutants, taken at random; all without it")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="modules whose path begins so, such as rules/")
    asked = parser.parse_args()
    mutants = [mutant for module in _modules(asked.only) for mutant in mutants_of(module)]
    if asked.sample is not None and asked.sample < len(mutants):
        mutants = random.Random(asked.seed).sample(mutants, asked.sample)
    survivors = 0
    with tempfile.TemporaryDirectory(prefix="idcli-mutants-") as folder:
        copied = _copied(Path(folder))
        for module in {_tests_of(mutant.module): mutant.module for mutant in mutants}.values():
            source = (copied / "identity_cli" / module).read_text(encoding="utf-8")
            if _is_killed(Mutant(module, 0, "nothing", source), copied):
                sys.exit(f"the tests of {module} fail without any mutation")
        for number, mutant in enumerate(mutants, 1):
            killed = _is_killed(mutant, copied)
            survivors += not killed
            if not killed:
                print(f"survived  {mutant.module}:{mutant.line}  {mutant.what}", flush=True)
            elif number % 10 == 0:
                print(
                    f"# {number} of {len(mutants)} tried, {survivors} survived", file=sys.stderr, flush=True
                )
    print(f"{len(mutants)} mutants, {len(mutants) - survivors} killed, {survivors} survived")
    sys.exit(1 if survivors else 0)


def mutants_of(module: str) -> Iterator[Mutant]:
    """Every fault that one change of the module makes."""
    source = (PROJECT / "identity_cli" / module).read_text(encoding="utf-8")
    tree = ast.parse(source)
    for place, node in enumerate(ast.walk(tree)):
        for choice, what in enumerate(_changes(node)):
            mutated = copy.deepcopy(tree)
            _change(list(ast.walk(mutated))[place], choice)
            yield Mutant(module, getattr(node, "lineno", 0), what, ast.unparse(mutated))


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


def _modules(only: str) -> Iterator[str]:
    package = PROJECT / "identity_cli"
    for path in sorted(package.rglob("*.py")):
        module = path.relative_to(package).as_posix()
        if module.startswith(only) and _tests_of(module):
            yield module


def _tests_of(module: str) -> tuple[str, ...]:
    return next((tests for start, tests in TESTS.items() if module.startswith(start)), ())


def _copied(folder: Path) -> Path:
    """The project in a folder of its own, as tests need it."""
    for name in ("identity_cli", "tests", "sample_data"):
        shutil.copytree(PROJECT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(PROJECT / name, folder / name)
    return folder


def _is_killed(mutant: Mutant, folder: Path) -> bool:
    """Whether a test fails, or takes for ever."""
    module = folder / "identity_cli" / mutant.module
    original = module.read_text(encoding="utf-8")
    module.write_text(mutant.source, encoding="utf-8")
    try:
        tests = [f"tests/{name}" for name in _tests_of(mutant.module)]
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-x",
            "-m",
            "not slow",
            "-p",
            "no:cacheprovider",
            *tests,
        ]
        environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
        return _fails(command, folder, environment)
    finally:
        module.write_text(original, encoding="utf-8")


def _fails(command: list[str], folder: Path, environment: dict[str, str]) -> bool:
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        return process.wait(SECONDS) != 0
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return True


if __name__ == "__main__":
    main()
