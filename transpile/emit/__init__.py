"""The graph to source text."""
