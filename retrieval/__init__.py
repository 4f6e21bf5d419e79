"""The library: documents in, verified quotes out. Knows nothing of Discord, of config, of printing."""
