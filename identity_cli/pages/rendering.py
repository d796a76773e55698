"""A page as HTML: one template, escaped by its engine, under a policy that lets nothing else run."""

from pathlib import Path
from typing import Any

from identity_cli.drawing.html_page import policy
from identity_cli.drawing.svg_style import style_of_a_page
from identity_cli.errors import ExtraMissing
from identity_cli.pages.contents import Page
from identity_cli.values.shown import shown

_HERE = Path(__file__).parent
TEMPLATE, STYLE, SCRIPT = "report.html.j2", "report.css", "report.js"


def engine() -> Any:
    """The template engine; ExtraMissing where it is."""
    try:
        import jinja2
    except ImportError:
        raise ExtraMissing("to write a report", "report") from None
    return jinja2


def rendered(page: Page) -> str:
    """The page as one file."""
    jinja2 = engine()
    from markupsafe import Markup  # comes with the engine

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    # What strangers wrote is made visible, then escaped by the engine; what we drew is markup already.
    environment.filters["shown"] = lambda text: shown(text) if isinstance(text, str) and text else text
    environment.filters["drawn"] = Markup
    style, script = style_of_a_page() + _text(STYLE), _text(SCRIPT)
    template = environment.get_template(TEMPLATE)
    return str(template.render(page=page, style=style, script=script, policy=policy(style, script)))


def _text(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")
