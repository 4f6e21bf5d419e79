"""What every surface shares: the reply to a question, safe text, escaping for Discord, wording, the terminal.

Answers come in, text to show goes out. Nothing here asks a question or knows of Discord's connection.
"""
