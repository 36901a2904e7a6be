"""Commands of the command line that have logic of their own."""
