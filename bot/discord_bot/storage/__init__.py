"""Keep settings of servers, votes and unanswered questions in a database, without who asked.

Records come in and go out. SQLite by default, PostgreSQL by its address; migrations bring old tables up to date.
"""
