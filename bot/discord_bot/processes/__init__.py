"""Run one bot as several processes: they divide its shards through the database, and a parent looks after them.

What a process does with the events of its shards is the same as in a bot of one process; that is left to the others.
"""
