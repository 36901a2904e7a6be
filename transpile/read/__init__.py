"""Where the text of a function and what its names mean come from."""
