"""An earlier run that a log goes on with: what it remembers, and persons who are met again when touched."""
