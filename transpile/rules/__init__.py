"""Derivative rules: one table, one line for each operation."""
