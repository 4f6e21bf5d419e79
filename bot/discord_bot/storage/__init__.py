"""Keep settings of servers, votes and unanswered questions in a database, without who asked.

Records come in and go out. The database is SQLite by default or PostgreSQL; migrations update older tables.
"""
