"""A person or a whole run as a drawing: a story, laid out in lanes, then SVG, terminal text or PNG.

`story` is all that a picture knows; `telling` makes it of a run. `layout` says where everything stands, in
pixels, without colours; the SVG and the terminal draw the same layout.
"""
