"""Names over buffers: views, aliases, exchanges, stores."""
