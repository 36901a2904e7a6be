"""Loops, branches and exits."""
