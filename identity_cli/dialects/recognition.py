"""Which dialect a log is of: every dialect weighs the log's first lines, and this decides.

Of two dialects, the lines that both know go, all together, to the one whose marks weigh more
on them; any other line goes to the one that knows it. Whoever gets more lines stands, and the
dialect that stands against each other one it is. So one line that names a vendor tells for the
lines around it that could be anybody's, and a line astray in a log of another vendor does not.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from identity_cli.dialects.base import Dialect, Mark, Unusable, Weight
from identity_cli.dialects.json_lines import value_of
from identity_cli.errors import AmbiguousDialect

LINES_TO_JUDGE = 100
LINES_IF_CLEAR = 10
"""So many are enough where nothing speaks against one dialect; folders hold many small files."""
BYTES_TO_JUDGE = 1 << 20

Weights = Sequence[int]
"""What each line weighs for a dialect; 0 where it is none of its lines."""


def recognised(
    path: str, lines: Iterable[bytes], dialects: Mapping[str, Dialect], otherwise: Dialect
) -> Dialect:
    """The dialect of a log by its first lines, otherwise that where none knows any of them.

    AmbiguousDialect if two stand against all others.
    """
    lines = iter(lines)
    weights = _weighed(judged(islice(lines, LINES_IF_CLEAR)), dialects)
    if clear := _clear(weights):
        return dialects[clear]
    rest = _weighed(judged(lines), dialects)
    weights = {name: [*weighed, *rest[name]] for name, weighed in weights.items()}
    known = {name: weighed for name, weighed in weights.items() if any(weighed)}
    if not known:
        return otherwise
    best = [name for name in known if not any(_stands(known[other], known[name]) for other in known)]
    if len(best) == 1:
        return dialects[best[0]]
    kinds = {dialects[name].form_of or name for name in best}
    if len(kinds) == 1:
        return dialects[kinds.pop()]
    raise AmbiguousDialect(path, best or [*known])


def _weighed(values: Sequence[object], dialects: Mapping[str, Dialect]) -> dict[str, Weights]:
    return {name: [weight_of(dialect, value) for value in values] for name, dialect in dialects.items()}


def _clear(weights: Mapping[str, Weights]) -> str | None:
    """The dialect of which every line tells, ten times as loud as of any other; None if there is none."""
    for name, own in weights.items():
        others = [weighed for other, weighed in weights.items() if other != name]
        loudest = [max(against) for against in zip(*others, [0] * len(own), strict=True)]
        if own and all(map(_drowns, own, loudest)):
            return name
    return None


def _drowns(weight: int, other: int) -> bool:
    return weight >= max(Weight.TELLING, 10 * other)


def rules_shown(dialect: Dialect, lines: Iterable[bytes]) -> str | None:
    """Which of the rules of the dialect's own vendor the lines show; the first where they show none.

    None where that vendor's rules are not modelled.
    """
    values = judged(lines) if len(dialect.own_rules) > 1 else ()
    weights = {
        name: sum(_heaviest(marks, value) for value in values) for name, marks in dialect.own_rules.items()
    }
    return max(weights, key=weights.__getitem__, default=None)


def weight_of(dialect: Dialect, value: object) -> int:
    """What a line, parsed, weighs for a dialect: as much as the heaviest mark that it shows."""
    return _heaviest(dialect.marks, value)


def _heaviest(marks: Iterable[Mark], value: object) -> int:
    """The weight of the first mark that the line shows: they stand in order, see Dialect."""
    return next((mark.weight for mark in marks if _shows(mark, value)), 0)


def judged(lines: Iterable[bytes]) -> Sequence[object]:
    """The JSON values of the first lines, of one that has none its bytes."""
    values: list[object] = []
    size = 0
    for line in lines:
        if len(values) >= LINES_TO_JUDGE or size > BYTES_TO_JUDGE:
            break
        size += len(line)
        try:
            values.append(value_of(line))
        except Unusable:
            values.append(line)
    return values


def _shows(mark: Mark, value: object) -> bool:
    try:
        return mark.shows(value)
    except Exception:  # a stranger's line, of any shape: what a mark stumbles over does not show it
        return False


def _stands(one: Weights, other: Weights) -> bool:
    """Whether the one gets more lines than the other."""
    pairs = [*zip(one, other, strict=True)]
    ours = sum(bool(weight) and not against for weight, against in pairs)
    theirs = sum(bool(against) and not weight for weight, against in pairs)
    both = [pair for pair in pairs if all(pair)]
    weight, against = (sum(column) for column in zip(*both, strict=True)) if both else (0, 0)
    if weight > against:
        ours += len(both)
    elif against > weight:
        theirs += len(both)
    return ours > theirs
