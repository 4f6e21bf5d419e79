"""A walk through the bot in German, Japanese and Russian over the loopback Discord: only quotes stay as they are."""

import dataclasses
import datetime
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.discord_bot.handlers import hand_over
from bot.discord_bot.handlers.incoming_questions import NO_QUESTION
from bot.discord_bot.messages.answer_card import shown_question
from bot.discord_bot.messages.report_card import report_card
from bot.sandbox.loopback.world_records import Message
from bot.showing.languages import speaking
from tests.support.loop_walk import PERMIT, ask, open_walk, opened_form, outcome, press
from tests.support.loopback_bot import LoopbackBot

PRICE = "How much does a museum ticket cost?"
QUOTE = "**“A ticket costs nine euros.”**"
SECONDS = 30.0


@pytest_asyncio.fixture
async def bot(tmp_path: Path, compiled_model: tuple[Path, str]) -> AsyncIterator[LoopbackBot]:
    """Yield a bot in a Japanese server, whose member alice reads German and whose owner reads Russian."""
    async with open_walk(tmp_path, compiled_model[0], locale="ja") as running:
        running.alice.locale, running.guild.owner.locale = "de", "ru"
        yield running


def labels(message: Message) -> list[str]:
    """Return the labels of the buttons of a message."""
    return [str(button["label"]) for row in message.components for button in row["components"] if button["type"] == 2]


def footer(message: Message) -> str:
    """Return the footer of the first embed."""
    return str(message.embeds[0]["footer"]["text"])


async def test_each_member_reads_their_own_language(bot: LoopbackBot) -> None:
    """An answer is German around its quote; its buttons answer whoever presses them in their own language."""
    answer = await ask(bot, PRICE)

    assert QUOTE in answer.embeds[0]["description"]
    assert answer.embeds[0]["author"]["name"] == f"F: {PRICE}"
    assert footer(answer).startswith("Aus „Museum“")
    assert footer(answer).endswith(" sicher")
    assert labels(answer) == ["Hilfreich", "Nicht hilfreich", "Mehr …"]
    assert shown_question(answer.embeds) == PRICE
    assert (await press(bot, bot.alice, answer, "Hilfreich")).content == "Danke! Deine Stimme: hilfreich."
    assert (await press(bot, bot.guild.owner, answer, "Hilfreich")).content == "Спасибо! Ваш голос: полезно."
    details = await press(bot, bot.guild.owner, answer, "Mehr …")
    assert [field["name"] for field in details.embeds[0]["fields"]][:1] == ["Место"]


async def test_refusal_and_what_follows_are_translated(bot: LoopbackBot) -> None:
    """The refusal is German, the question to the team Japanese as the server is, and the form Russian."""
    team = bot.server.world.channel(bot.guild, "team")
    await bot.configure(team_channel=team.id)

    refused = await ask(bot, PERMIT)

    assert refused.content == "Das weiß ich nicht: Nichts in den Dokumenten beantwortet das."
    assert labels(refused) == ["Nächstliegende Stellen", "Team fragen"]
    assert (await press(bot, bot.alice, refused, "Team fragen")).content.startswith("Das Team wurde gefragt: <#")
    (asked,) = [message for message in bot.server.world.messages.values() if message.channel is team]
    assert asked.embeds[0]["title"] == "これに対する回答がありません"
    assert "メッセージのメニューを開き" in footer(asked)
    closest = await press(bot, bot.guild.owner, refused, "Nächstliegende Stellen")
    assert closest.content == "Ближайшие отрывки. Ни один из них не является ответом:"
    form = await bot.server.press(bot.guild.owner, closest, "Ответить на это")
    assert list(await opened_form(form)) == ["Вопросы или заголовок, по одному в строке", "Ответ"]


async def test_text_of_a_server_stays_and_errors_are_translated(
    bot: LoopbackBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refusal that the server set is shown as it is; a search that fails says so in German."""
    await bot.configure(refusal="Ask at the desk.")
    assert (await ask(bot, PERMIT)).content == "Ask at the desk."

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("canary")

    monkeypatch.setattr(bot.services.answerer.live.generation.stack.retriever, "ask", fail)
    failed = await outcome(await bot.server.slash(bot.alice, bot.channel, "ask", question=PRICE, private=True))
    assert failed.content.startswith("Bei mir ist etwas schiefgegangen")


async def test_mentions_are_answered_in_the_language_of_the_server(bot: LoopbackBot) -> None:
    """Discord does not tell the language of who mentions the bot; in a direct message it tells none at all."""
    mentioned = await (await bot.server.mention(bot.alice, bot.channel, PRICE)).answered(SECONDS)
    direct = await (await bot.server.direct_message(bot.alice, PRICE)).answered(SECONDS)
    empty = await (await bot.server.mention(bot.alice, bot.channel, "")).answered(SECONDS)

    assert footer(mentioned).startswith("「Museum」より")
    assert labels(mentioned)[:2] == ["役に立った", "役に立たなかった"]
    assert footer(direct).startswith("From “Museum”")
    assert empty.content == "質問と一緒に私をメンションするか、/ask を使ってください。詳しくは /help をご覧ください。"
    assert NO_QUESTION().startswith("Mention me")


async def test_setting_decides_where_discord_tells_no_language(bot: LoopbackBot) -> None:
    """In direct messages, and in servers that are no community, which cannot choose a language in Discord."""
    services, guild = dataclasses.replace(bot.services, language="fr"), bot.client.get_guild(bot.guild.id)
    assert guild is not None
    assert (services.server_language(guild), services.server_language(None)) == ("ja", "fr")
    guild.features.clear()
    assert services.server_language(guild) == "fr"


def test_monthly_report_is_written_as_the_language_writes_it() -> None:
    """Months, shares and plural forms."""
    with speaking("ru"):
        russian = report_card(datetime.date(2024, 5, 1), 21, 1, []).embeds[0]
    with speaking("ja"):
        japanese = report_card(datetime.date(2024, 5, 1), 21, 1, []).embeds[0]

    assert russian["title"] == "Отчёт за май 2024\u00a0г."
    assert russian["description"] == "Задано 22 вопроса, с ответом: 21 (95\u00a0%), без ответа: 1."
    assert japanese["title"] == "2024年5月のレポート"
    assert japanese["description"] == "質問 22 件、回答 21 件（95%）、回答なし 1 件。"


async def test_managers_read_their_own_language(bot: LoopbackBot) -> None:
    """Settings, help and doctor; the pressable commands keep their names."""
    shown = {
        name: await outcome(await bot.server.slash(bot.guild.owner, bot.channel, name))
        for name in ("footnote settings", "footnote doctor", "help", "about")
    }
    titles = {name: message.embeds[0]["title"] for name, message in shown.items()}
    assert titles == {
        "footnote settings": "Настройки сервера",
        "footnote doctor": "Всё в порядке",
        "help": "Как спрашивать",
        "about": "Footnote",
    }
    assert "</footnote settings:" in shown["help"].embeds[0]["description"]
    assert "Скрытые ответы: нет" in labels(shown["footnote settings"])[-5:]
    assert hand_over.FAILED().startswith("I could not ask")


async def test_commands_are_registered_with_their_translations(bot: LoopbackBot) -> None:
    """Descriptions in every locale with a catalog; names of menus are translated, typed names are not."""
    commands: dict[str, dict[str, Any]] = {command["name"]: command for command in await bot.server.synced()}
    locales = {"de", "es-ES", "es-419", "fr", "ja", "pt-BR", "ru", "zh-CN", "zh-TW"}

    assert commands["ask"]["description_localizations"].keys() == locales
    assert not commands["ask"].get("name_localizations")
    assert commands["ask"]["options"][0]["description_localizations"]["de"] == "Was du wissen möchtest."
    assert commands["Find the source"]["name_localizations"].keys() == locales
    assert commands["Keep as source"]["name_localizations"]["ja"] == "出典として保存"
    translated = [option for option in commands["footnote"]["options"] if option.get("description_localizations")]
    assert len(translated) == len(commands["footnote"]["options"]) == 10
