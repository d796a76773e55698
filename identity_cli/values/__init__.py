"""What a value of a log means: as a time, as text, beside another value. Standard library only, no I/O."""
