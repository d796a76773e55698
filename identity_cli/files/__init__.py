"""Bytes on disk: what is written takes its place whole, and takes nobody else's."""
