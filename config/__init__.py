"""The settings: defaults, a file, the environment and command-line options, merged and checked.

`default.toml` explains every key, and `ranker.json` holds the learned weights of the ranker. The other files deploy the
bot. Nothing here knows what the settings are used for.
"""
