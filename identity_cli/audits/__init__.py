"""What to look for in a finished run: one audit per module, which ends in its AUDIT.

A new one is a module, and its line in the tuple of `registry.py`.
"""
