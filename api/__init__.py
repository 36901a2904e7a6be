"""The public names, where source text and running code meet."""
