"""What the commands share: options, pages, tables and text on a terminal."""
