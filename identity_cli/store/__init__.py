"""A run on disk: written once, then only read."""
