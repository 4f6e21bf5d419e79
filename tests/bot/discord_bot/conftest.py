"""Fixtures: a PostgreSQL server of the tests' own, and an empty database in it."""

from collections.abc import Iterator

import pytest
import pytest_asyncio

from tests.support.postgresql_server import PostgresqlServer, find_programs, running_server


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgresqlServer]:
    """Yield a running server, one per process of the tests."""
    programs = find_programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed; on Debian: apt install postgresql")
    with running_server(programs) as server:
        yield server


@pytest_asyncio.fixture
async def postgresql_url(postgresql_server: PostgresqlServer) -> str:
    """Return the address of an empty PostgreSQL database: the same one for each test, since creating one takes long."""
    await postgresql_server.empty("footnote")
    return postgresql_server.address("footnote")
