"""Settings and the data that ships with them; imports neither bot nor retrieval."""
