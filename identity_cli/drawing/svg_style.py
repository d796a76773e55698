"""The style sheet of a drawing: in a page with its variables, in a file with colours written in."""

import re

from identity_cli.drawing.palette import DARK, LIGHT, PERSONS, Theme

FONT = "ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace"
_RULES = (
    ("text", f"font:12px {FONT};fill:var(--ink)"),
    (".sm", "font-size:10px"),
    (".q", "fill:var(--quiet)"),
    (".b", "font-weight:700"),
    (".halo", "paint-order:stroke;stroke:var(--paper);stroke-width:3px;stroke-linejoin:round"),
    (".alarm", "fill:var(--alarm)"),
    (".alarml", "stroke:var(--alarm);fill:none;stroke-width:1.5"),
    (".dash", "stroke-dasharray:3 2"),
    (".rule", "stroke:var(--rule);fill:none"),
    (".dots", "stroke-dasharray:1 5"),
    (".bg", "fill:var(--paper)"),
    (".wash", "fill:var(--wash)"),
    (".wash2", "fill:var(--rule)"),
    (".g", "fill:var(--paper)"),
    (".h", "fill:var(--paper);stroke:var(--quiet);stroke-width:1.5"),
    (".nobody", "stroke:var(--quiet);stroke-width:2;stroke-dasharray:1 4;stroke-linecap:round;fill:none"),
    (".no", "stroke:var(--quiet);stroke-width:1.5;stroke-dasharray:2 3;fill:none"),
    (".nox", "stroke:var(--ink);stroke-width:2.2;stroke-linecap:round;fill:none"),
    (".nox.bad", "stroke:var(--alarm)"),
    (".fs", "fill:none;stroke:var(--stranger);stroke-width:1.5"),
    (".fsg", "fill:var(--stranger)"),
    (".pat", "fill:none;stroke:var(--paper);stroke-width:1.6"),
    (".patf", "fill:var(--paper)"),
    (".hatch", "opacity:.45"),
    (".jn", "fill:var(--paper);stroke-width:2.2"),
    (".ribbon", "stroke-width:6"),
    (".line", "stroke-width:2.5"),
    (".same", "stroke-width:1.5;stroke-dasharray:4 2"),
    *((f".f{number}", f"fill:var(--p{number})") for number in range(PERSONS)),
    *((f".s{number}", f"stroke:var(--p{number})") for number in range(PERSONS)),
)
_VARIABLE = re.compile(r"var\(--(\w+)\)")


def style_of_a_page() -> str:
    """For every drawing of a page, once; the variables are the page's own as well."""
    return (
        _variables(LIGHT, ":root")
        + "@media(prefers-color-scheme:dark){"
        + _variables(DARK, ":root")
        + "}"
        + ("@media print{" + _variables(LIGHT, ":root") + "}" + _rules(dict(_RULES)))
    )


def style_of_a_file() -> str:
    """For a drawing by itself: much that draws SVG knows no variables, and would draw all of it black."""
    coloured = {name: rule for name, rule in _RULES if "var(" in rule}
    dark = _filled(_rules(coloured), DARK)
    return f"{_filled(_rules(dict(_RULES)), LIGHT)}@media(prefers-color-scheme:dark){{{dark}}}"


def _variables(theme: Theme, scope: str) -> str:
    return f"{scope}{{{''.join(f'--{name}:{colour};' for name, colour in theme.variables.items())}}}"


def _rules(rules: dict[str, str]) -> str:
    return "".join(f".idt {name}{{{rule}}}" for name, rule in rules.items())


def _filled(rules: str, theme: Theme) -> str:
    colours = theme.variables
    return _VARIABLE.sub(lambda name: colours[name[1]], rules)
