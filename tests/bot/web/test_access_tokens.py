"""Tokens: who sees which collections, and no token in any message."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from bot.answering_stack import AnsweringStack
from bot.web.access_tokens import VARIABLE, TokenAccess, read_access
from bot.web.askers import Asker
from bot.web.http_server import collections_note
from bot.web.request_errors import RequestError
from config.settings import ConfigError, ServeSettings, Settings, load_settings
from tests.support.web_service import SECRET, TABLE, open_web_service

FIRST, SECOND = "first-token-0123456789", "second-token-0123456789"
TOKENS = f'"{FIRST}" = "all"\n"{SECOND}" = ["handbook"]\n'


@pytest.fixture
def serve() -> ServeSettings:
    return load_settings().serve


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_without_tokens_everybody_sees_everything(serve: ServeSettings) -> None:
    """Unless the settings say which collections; a scheme of a proxy is no token."""
    access = read_access(serve)
    assert access.asker(None, "192.0.2.1") == Asker(("address", "192.0.2.1"), None)
    assert access.asker("Basic dXNlcjpwYXNz", "192.0.2.1").visible is None
    limited = read_access(replace(serve, collections=["handbook"]))
    assert limited.asker(None, "192.0.2.1").visible == frozenset({"handbook"})


def test_with_tokens_only_they_see_something(serve: ServeSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each what it may; "all" and a list of collections open the rest to everybody."""
    monkeypatch.setenv(VARIABLE, TOKENS)
    access = read_access(serve)
    assert access.asker(f"Bearer {FIRST}", "192.0.2.1") == Asker(("token", 0), None)
    assert access.asker(f"bearer {SECOND}", "192.0.2.1") == Asker(("token", 1), frozenset({"handbook"}))
    for authorization in (None, "Bearer wrong", f"Bearer {FIRST}x", "Bearer ", "Bearer"):
        with pytest.raises(RequestError) as refused:
            access.asker(authorization, "192.0.2.1")
        assert (refused.value.status, FIRST in str(refused.value)) == (401, False)
    assert read_access(replace(serve, collections="all")).asker(None, "192.0.2.1").visible is None


def test_a_collection_that_is_granted_and_empty_is_named(serve: ServeSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever misspells one sees nothing, and would not know why."""
    monkeypatch.setenv(VARIABLE, TOKENS)
    assert collections_note(read_access(serve), ["handbook"]) == ""
    access = read_access(replace(serve, collections=["offcie", "handbook"]))
    assert collections_note(access, ["office"]) == (
        "no document is in handbook, offcie, which serve.collections or a token names"
    )


def test_tokens_come_from_a_file(serve: ServeSettings, tmp_path: Path) -> None:
    """It takes the place of the environment."""
    file = tmp_path / "tokens.toml"
    file.write_text(TOKENS)
    access = read_access(replace(serve, token_file=str(file)))
    assert access.asker(f"Bearer {SECOND}", "192.0.2.1").visible == frozenset({"handbook"})
    with pytest.raises(ConfigError, match=r"cannot read the file .*missing"):
        read_access(replace(serve, token_file=str(tmp_path / "missing")))


def test_an_empty_file_of_tokens_opens_nothing(serve: ServeSettings, tmp_path: Path) -> None:
    """Whoever removes the last token takes access away; an empty variable is none."""
    (tmp_path / "tokens").touch()
    access = read_access(replace(serve, token_file=str(tmp_path / "tokens")))
    with pytest.raises(RequestError) as refused:
        access.asker(None, "192.0.2.1")
    assert refused.value.status == 401
    open_to_all = read_access(replace(serve, token_file=str(tmp_path / "tokens"), collections="all"))
    assert open_to_all.asker(None, "192.0.2.1").visible is None


@pytest.mark.parametrize(
    "text",
    [
        f'"{FIRST}" = "some"', f'"{FIRST}" = 1', f'"{FIRST}" = [1]', f"{FIRST}", '"short" = "all"',
        f'"{FIRST} {SECOND}" = "all"', f'"{FIRST}ü" = "all"', f'[{FIRST}]\na = "all"',
    ],
)  # fmt: skip
def test_wrong_tokens_are_refused_without_being_shown(
    serve: ServeSettings, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """The message says where they come from and what was expected."""
    monkeypatch.setenv(VARIABLE, text)
    with pytest.raises(ConfigError, match=VARIABLE) as refused:
        read_access(serve)
    assert FIRST not in str(refused.value)
    assert "short" not in str(refused.value).replace("shorter", "")


def test_a_network_of_ipv6_counts_as_one_client() -> None:
    """A machine has all addresses of one, and could otherwise ask under each of them."""
    access = TokenAccess({}, None)
    keys = [access.asker(None, address).key for address in ("2001:db8::1", "2001:db8::2:3", "2001:db8:0:1::1", "")]
    assert len({str(key) for key in keys}) == 3
    assert keys[0] == keys[1]


async def test_a_token_decides_what_is_answered(
    web_stack: tuple[Settings, AnsweringStack],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """In answers, quotes, lists and on the page; nothing tells that there is more, and no token is printed."""
    (tmp_path / "tokens").write_text(TOKENS)
    async with open_web_service(*web_stack, token_file=str(tmp_path / "tokens")) as web:
        whole = (await web.client.post("/api/v1/ask", json={"question": SECRET}, headers=bearer(FIRST))).json()
        assert whole["answered"]
        citation = whole["quotes"][0]["citation"]["id"]
        limited = bearer(SECOND)
        assert not (await web.client.post("/api/v1/ask", json={"question": SECRET}, headers=limited)).json()["answered"]
        assert (await web.client.post("/api/v1/ask", json={"question": TABLE}, headers=limited)).json()["answered"]
        assert (await web.client.get(f"/api/v1/quotes/{citation}", headers=limited)).status_code == 404
        listed = (await web.client.get("/api/v1/sources", headers=limited)).json()
        assert (listed["collections"], listed["total"]) == ({"handbook": 2}, 2)
        hidden = await web.client.post(
            "/api/v1/ask", json={"question": SECRET, "collections": ["office"]}, headers=limited
        )
        assert (hidden.status_code, "the collections are: handbook." in hidden.text) == (400, True)
        assert "4711" not in (await web.client.get("/", params={"q": SECRET}, headers=limited)).text
        for path in ("/", "/?q=x", "/documents", f"/quotes/{citation}", "/api/v1/sources"):
            refused = await web.client.get(path)
            assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert (await web.client.get("/api/v1/health")).status_code == 200
    printed = capfd.readouterr()
    assert FIRST not in printed.out + printed.err
    assert SECOND not in printed.out + printed.err
