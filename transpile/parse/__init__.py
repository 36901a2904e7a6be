"""Source text to the graph; the only part that sees gast and beniget."""
