"""Fixtures for the HTTP service: an index of documents of every kind, and a running service."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.answering_stack import AnsweringStack
from config.settings import Settings
from tests.bot.conftest import build_stack
from tests.support.web_service import DOCUMENTS, WebService, open_web_service


@pytest.fixture(scope="session")
def web_stack(
    tmp_path_factory: pytest.TempPathFactory, compiled_model: tuple[Path, str]
) -> tuple[Settings, AnsweringStack]:
    """Return the settings and the answering stack of documents with steps, code, a table, collections and markup."""
    seeds = tmp_path_factory.mktemp("web-seeds")
    for name, text in DOCUMENTS.items():
        (seeds / name).parent.mkdir(exist_ok=True)
        (seeds / name).write_text(text, "utf-8")
    return build_stack(seeds, tmp_path_factory.mktemp("web"), compiled_model[0])


@pytest_asyncio.fixture
async def web(web_stack: tuple[Settings, AnsweringStack]) -> AsyncIterator[WebService]:
    """Yield a service that anybody may ask anything."""
    async with open_web_service(*web_stack) as opened:
        yield opened
