"""Images: checked once when they are loaded, decoded in the graph, kept decoded in memory."""
