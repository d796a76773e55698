"""What a value of a log means: a text or a number as a time. Standard library only, no I/O."""
