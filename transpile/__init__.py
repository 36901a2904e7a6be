"""Source text to source text: parse, differentiate, rewrite, emit."""
