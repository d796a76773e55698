"""A page that holds a drawing and nothing else: it loads nothing, and follows light and dark."""

from base64 import b64encode
from hashlib import sha256

from identity_cli.drawing.svg_style import style_of_a_page
from identity_cli.values.shown import markup

_STYLE = (
    "body{margin:1rem;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif}"
    "h1{font-size:1.2rem}.scroll{overflow-x:auto;max-width:100%}"
)


def page_of(title: str, drawings: list[str]) -> str:
    """The page; the drawings in a box that scrolls by itself."""
    style = style_of_a_page() + _STYLE
    figures = "".join(
        f'<figure><div class="scroll" tabindex="0" role="region" aria-label="Drawing {number}">{drawn}</div>'
        "</figure>"
        for number, drawn in enumerate(drawings, 1)
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy(style)}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="referrer" content="no-referrer"><meta name="color-scheme" content="light dark">'
        f"<title>{markup(title)}</title><style>{style}</style></head>"
        f"<body><main><h1>{markup(title)}</h1>{figures}</main></body></html>\n"
    )


def policy(style: str, script: str = "") -> str:
    """A content security policy that allows these two and nothing else."""
    scripts = f" script-src '{_hash(script)}';" if script else ""
    return f"default-src 'none'; style-src '{_hash(style)}';{scripts} base-uri 'none'; form-action 'none'"


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
