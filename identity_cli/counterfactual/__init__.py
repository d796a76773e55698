"""Questions answered by replaying the part of a log that they are about, with something changed."""
