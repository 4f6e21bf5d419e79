"""The tables of the bot's database in their current form; the migrations create them from every earlier version.

No table has a column for a user: a voter, and for minutes who asks, is stored as a keyed hash.
"""

from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    false,
)

REFUSAL_LENGTH: Final = 500  # characters
QUESTION_LENGTH: Final = 500
CITATION_LENGTH: Final = 32
GENERATION_LENGTH: Final = 32
HASH_LENGTH: Final = 64
KEY_LENGTH: Final = 16
COLLECTION_LENGTH: Final = 255  # the longest name of a folder
HOLDER_LENGTH: Final = 32
SESSION_LENGTH: Final = 128
ADDRESS_LENGTH: Final = 255
EVENT_LENGTH: Final = 32

metadata = MetaData()

servers = Table(
    "servers",
    metadata,
    Column("guild", BigInteger, primary_key=True, autoincrement=False),
    Column("channels", JSON, nullable=False),
    Column("private", Boolean, nullable=False),
    Column("threads", Boolean, nullable=False),
    Column("forums", Boolean, nullable=False),
    Column("refusal", String(REFUSAL_LENGTH), nullable=False),
    Column("refusal_role", BigInteger),
    Column("precision", Float),
    Column("managers", JSON, nullable=False),
    Column("gaps", Boolean, nullable=False),
    Column("collections", JSON, nullable=False, server_default="[]"),
    Column("channel_collections", JSON, nullable=False, server_default="[]"),
    Column("role_collections", JSON, nullable=False, server_default="[]"),
    Column("team_channel", BigInteger),
    Column("team_role", BigInteger),
    Column("report_channel", BigInteger),
)

votes = Table(
    "votes",
    metadata,
    Column("voter", String(HASH_LENGTH), primary_key=True),
    Column("message", BigInteger, primary_key=True, autoincrement=False),
    Column("citation", String(CITATION_LENGTH), primary_key=True),
    Column("generation", String(GENERATION_LENGTH), nullable=False),
    Column("guild", BigInteger),
    Column("helpful", Boolean, nullable=False),
    Index("votes_of_server", "guild"),
)

gaps = Table(
    "gaps",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("guild", BigInteger, nullable=False),
    Column("day", Date, nullable=False),
    Column("question", String(QUESTION_LENGTH), nullable=False),
    Column("count", Integer, nullable=False),
    Column("dismissed", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("guild", "day", "question", name="gap_once_a_day"),
    Index("gaps_by_day", "day"),
)

voted_questions = Table(  # what an answer that was voted down was asked, without who asked or voted
    "voted_questions",
    metadata,
    Column("message", BigInteger, primary_key=True, autoincrement=False),
    Column("guild", BigInteger, nullable=False),
    Column("day", Date, nullable=False),
    Column("citation", String(CITATION_LENGTH), nullable=False),
    Column("question", String(QUESTION_LENGTH), nullable=False),
    Column("dismissed", Boolean, nullable=False),
    Index("voted_questions_of_server", "guild"),
)

handovers = Table(  # a question, by its key alone, that was passed on to the team
    "handovers",
    metadata,
    Column("guild", BigInteger, primary_key=True, autoincrement=False),
    Column("question", String(KEY_LENGTH), primary_key=True),
    Column("day", Date, nullable=False),
    Column("thread", BigInteger),
)

monthly_counts = Table(  # of questions, until the report of the month is sent
    "monthly_counts",
    metadata,
    Column("guild", BigInteger, primary_key=True, autoincrement=False),
    Column("month", Date, primary_key=True),
    Column("answered", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
)

keys = Table(
    "keys",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("key", LargeBinary(32), nullable=False),
)

# What several processes of one bot share; empty while one process runs it.

holders = Table(  # the processes; numbers rise and are never used again, so an old holder is not taken for a new one
    "holders",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(HOLDER_LENGTH), nullable=False, unique=True),
    Column("until", Float, nullable=False),  # seconds since 1970, by the clock of the database
    Column("draining", Boolean, nullable=False),
    Column("generation", String(GENERATION_LENGTH), nullable=False),
    sqlite_autoincrement=True,
)

shards = Table(  # who serves each shard, and how the next holder resumes its session
    "shards",
    metadata,
    Column("shard", Integer, primary_key=True, autoincrement=False),
    Column("holder", Integer),
    Column("session", String(SESSION_LENGTH), nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("gateway", String(ADDRESS_LENGTH), nullable=False),
    Column("saved", Float, nullable=False),
    Column("guilds", JSON, nullable=False),
)

claims = Table(  # the events that were begun, for minutes; `asker` is a keyed hash
    "claims",
    metadata,
    Column("event", String(EVENT_LENGTH), primary_key=True),
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("holder", Integer, nullable=False),
    Column("done", Boolean, nullable=False),
    Column("at", Float, nullable=False),
    Column("asker", String(HASH_LENGTH)),
    Index("claims_by_time", "at"),
    Index("claims_by_asker", "asker"),
)

cooldowns = Table(  # when the bucket of each key will be full
    "cooldowns",
    metadata,
    Column("kind", String(EVENT_LENGTH), primary_key=True),
    Column("key", String(HASH_LENGTH), primary_key=True),
    Column("full_at", Float, nullable=False),
    Index("cooldowns_by_time", "full_at"),
)
