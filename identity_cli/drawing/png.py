"""A drawing as PNG, by a library that draws the file as a browser does."""

from identity_cli.errors import ExtraMissing


def png_of(svg: str) -> bytes:
    """The picture of an SVG file, twice as large for sharp screens; ExtraMissing where the library is."""
    try:
        import resvg_py
    except ImportError:
        raise ExtraMissing("to write PNG", "png") from None
    return bytes(resvg_py.svg_to_bytes(svg_string=svg, zoom=2))
