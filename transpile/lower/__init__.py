"""Array operations to loop nests."""
