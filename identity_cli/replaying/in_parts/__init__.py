"""A log that goes into files as it is read, by one process or several, and is resolved part by part."""
