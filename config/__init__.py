"""The settings: defaults, a file, the environment and options of the command line, checked before anything uses them.

`default.toml` explains every key, `ranker.json` holds the learned weights, and the rest helps to deploy the bot.
"""
