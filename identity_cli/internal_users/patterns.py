r"""Patterns of filters, matched in time that is linear in the value, whoever wrote either.

Regular expressions are RE2's on the platform. With google-re2 (an extra) they are here: unanchored,
case-sensitive, a dot takes a newline. Without it Python's own engine takes those of which a bound
can be told: at most one repetition without an end, behind a `^`, and few ways for the rest. Two more
differences are left then: a `$` also matches before a newline that ends the text, and what only RE2
has (`\pL`, `[[:alpha:]]`, `\z`, `\Q`) is refused. What RE2 refuses (look-around, backreferences, atomic
groups) matches nothing with either, and so does what is no regular expression.
"""

import re
from collections.abc import Callable, Iterable
from re import _parser as parser  # type: ignore[attr-defined]  # the tree that re itself makes of a pattern
from typing import Any

Search = Callable[[str], bool]
MOST_STEPS = 1_000
"""For each character of a text."""

_REFUSED_BY_RE2 = re.compile(r"\(\?<?[=!]|\(\?P=|\(\?>|\(\?\(|\\[1-9]|[*+?}]\+")
_ONLY_IN_RE2 = re.compile(r"\\[pPzQEC]|\[\[:|\(\?-|\(\?[imsU]*U|\(\?<\w")
_LEADING_ANYTHING = re.compile(r"\^?(?:\.[*+]\??)+")
_TRAILING_ANYTHING = re.compile(r"(?<!\\)(?:\.[*+]\??)+\$?\Z")


class Unbounded(Exception):
    """A pattern that may take for ever here, and why."""


def search_for(pattern: str) -> Search | None:
    """What tells whether a text has a match; None if the pattern is none. Unbounded, see above."""
    try:
        import re2  # type: ignore[import-untyped]
    except ImportError:
        return _bounded_search(pattern)
    options = re2.Options()
    options.log_errors, options.dot_nl = False, True
    try:
        search = re2.compile(pattern.encode("utf-8", "replace"), options).search
    except re2.error:
        return None
    return lambda text: search(text.encode("utf-8", "replace")) is not None


def _bounded_search(pattern: str) -> Search | None:
    bare = re.sub(r"\\\\", "", pattern)  # what is left of backslashes escapes something
    if _REFUSED_BY_RE2.search(bare):
        return None
    if _ONLY_IN_RE2.search(bare):
        raise Unbounded("its regular expression is of a kind that only RE2 has: pip install 'idcli[re2]'")
    rest = _without_anything_around(pattern)
    try:
        if not _is_bounded(parser.parse(rest, re.DOTALL | re.ASCII)):
            raise Unbounded("its regular expression might never end here: pip install 'idcli[re2]'")
        search = re.compile(rest, re.DOTALL | re.ASCII).search
    except (re.error, OverflowError, RecursionError):
        return None
    return lambda text: search(text) is not None


def _without_anything_around(pattern: str) -> str:
    """A pattern with a match where this has one: `.*` before and behind adds nothing, `.+` one character."""
    if leading := _LEADING_ANYTHING.match(pattern):
        pattern = "." * leading[0].count("+") + pattern[leading.end() :]
    if trailing := _TRAILING_ANYTHING.search(pattern):
        pattern = pattern[: trailing.start()] + "." * trailing[0].count("+")
    return pattern


def _is_bounded(tree: Any) -> bool:
    """Whether the steps to look for it are at most MOST_STEPS for each character of a text."""
    ways, endless = _effort(tree)
    is_anchored = bool(tree.data) and tree[0] == (parser.AT, parser.AT_BEGINNING)
    if tree.state.flags & re.MULTILINE or not is_anchored:
        endless += 1  # it is looked for from every character on
    return endless <= 1 and ways * (1 + tree.getwidth()[0]) <= MOST_STEPS


def _effort(tree: Iterable[tuple[Any, Any]]) -> tuple[int, int]:
    """In how many ways it can match without its repetitions that have no end, and how many these are."""
    ways, endless = 1, 0
    for operator, argument in tree:
        more_ways, more_endless = _effort_of(operator, argument)
        ways, endless = min(ways * more_ways, MOST_STEPS + 1), endless + more_endless
    return ways, endless


def _effort_of(operator: Any, argument: Any) -> tuple[int, int]:
    if operator is parser.SUBPATTERN:
        return _effort(argument[-1])
    if operator is parser.BRANCH:
        efforts = [_effort(branch) for branch in argument[1]]
        return sum(ways for ways, _ in efforts), sum(endless for _, endless in efforts)
    if operator in (parser.MAX_REPEAT, parser.MIN_REPEAT):
        return _effort_of_repetition(*argument)
    return 1, 0


def _effort_of_repetition(least: int, most: int, repeated: Any) -> tuple[int, int]:
    ways, endless = _effort(repeated)
    if (
        most == parser.MAXREPEAT
    ):  # of single characters there is one way for each length, of groups there may be many
        return 1, 1 if repeated.getwidth() == (1, 1) and ways == 1 else 2
    if most > MOST_STEPS:
        return MOST_STEPS + 1, 0
    return (most - least + 1) * ways**most, endless * most


def like(pattern: str) -> Search:
    r"""ILIKE, anywhere in a text: `%` is any text, `_` any character, a backslash takes either as it is."""
    parts = re.findall(r"\\[%_\\]|.", pattern, re.DOTALL)
    pieces, piece = [], ""
    for part in parts:
        if part == "%":
            pieces.append(piece)
            piece = ""
        else:
            piece += "." if part == "_" else re.escape(part[-1])
    searches = [re.compile(one, re.DOTALL | re.IGNORECASE).search for one in (*pieces, piece) if one]

    def has(text: str) -> bool:
        at = 0
        for search in searches:  # the first place of each leaves the most for those behind it
            found = search(text, at)
            if found is None:
                return False
            at = found.end()
        return True

    return has
