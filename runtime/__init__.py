"""From text to running code. Imports nothing of `gradscribe.transpile`."""
