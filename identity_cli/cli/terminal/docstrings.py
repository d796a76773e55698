"""Docstrings where Python keeps none (-OO): commands are helped with theirs."""

import ast
from collections.abc import Callable
from inspect import unwrap
from pathlib import Path
from typing import Any


def docstring_of(function: Callable[..., Any]) -> str | None:
    """What stands in the source of a function of a module."""
    code = unwrap(function).__code__
    for node in ast.parse(Path(code.co_filename).read_bytes()).body:
        if isinstance(node, ast.FunctionDef) and node.name == code.co_name:
            return ast.get_docstring(node)
    return None
