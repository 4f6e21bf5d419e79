"""The Discord half of the bot: the only place that imports discord."""
