"""The graph: what it is made of, what is well formed, and the types of its values."""
