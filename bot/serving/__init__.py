"""Hold what every service needs that answers many people at once, in Discord or over HTTP.

An index folder comes in. The live generation and older ones, looked at within the visible collections, a bounded queue
for searches and cooldowns go out. Who may see what, and what an answer looks like, is left to the services.
"""
