"""What is printed where, and under which name: from the graph to statements."""
