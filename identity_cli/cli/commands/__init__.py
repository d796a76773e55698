"""One command per module: arguments in, a page or records out."""
