"""The catalogs of all languages against the sentences in the code, and against Discord's limits."""

import ast
import importlib
import re
from collections.abc import Iterator
from functools import cache
from string import Formatter
from types import ModuleType
from typing import Any

import pytest
from discord import app_commands

from bot.discord_bot.handlers import admin, kept_messages
from bot.discord_bot.handlers.slash_commands import MEMBER_COMMANDS
from bot.showing.discord_markdown import units
from bot.showing.languages import Message, catalog, languages, plural_form
from tests.support.paths import ROOT

COMMANDS = (*MEMBER_COMMANDS, kept_messages.keep_as_source, admin.FootnoteGroup())
KEPT_AS_THEY_ARE = re.compile(r"\*\*|`[^`]*`|\\_|/(?:footnote )?[a-z]{3,}|discord\.[a-z]+|[\w/]+\.(?:md|jsonl)")
NAME, FORM, BUTTON, DESCRIPTION, MENU = 32, 45, 80, 100, 150  # Discord's limits in units
LIMITS = {  # by the function and the keyword, or the position, of an argument
    ("context_menu", "name"): NAME,
    ("__init__", "title"): FORM,
    ("TextInput", "label"): FORM,
    ("TextInput", "placeholder"): DESCRIPTION,
    ("button", 0): BUTTON,
    ("Button", 0): BUTTON,
    ("Button", "label"): BUTTON,
    ("Select", "placeholder"): MENU,
    ("ChannelSelect", "placeholder"): MENU,
    ("RoleSelect", "placeholder"): MENU,
    ("pick_view", 1): MENU,
}


@cache
def sources() -> dict[str, ast.Module]:
    """Parse the modules of the bot that have sentences, by name."""
    files = {path: path.read_text("utf-8") for path in sorted((ROOT / "bot").rglob("*.py"))}
    return {
        path.relative_to(ROOT).with_suffix("").as_posix().replace("/", "."): ast.parse(text)
        for path, text in files.items()
        if "bot.showing.languages" in text or path.stem == "languages"
    }


def calls(tree: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    """Yield all calls with the last part of the function's name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            yield (node.func.id if isinstance(node.func, ast.Name) else node.func.attr), node


def messages() -> dict[str, str]:
    """Find the sentences in the code, with their singular forms."""
    found = {}
    for tree in sources().values():
        for name, call in calls(tree):
            if name == "Message" and call.args:
                forms = [ast.literal_eval(argument) for argument in call.args]
                found[forms[0]] = forms[1] if len(forms) > 1 else ""
    return found


def descriptions() -> set[str]:
    """Collect the descriptions of the commands and their options."""
    found, left = set[str](), list[Any](COMMANDS)
    while left:
        command = left.pop()
        if isinstance(command, app_commands.Group):
            left += command.commands
        if not isinstance(command, app_commands.ContextMenu):
            found.add(command.description)
        if isinstance(command, app_commands.Command):
            found |= {str(parameter.description) for parameter in command.parameters}
    return found


def fields(text: str) -> list[str]:
    """Return the placeholders of a text, sorted."""
    return sorted(name for _, name, _, _ in Formatter().parse(text) if name)


def forms_of(language: str, english: str) -> list[str]:
    """Return the translated forms of a sentence."""
    translated = catalog(language).sentences[english]
    return [translated] if isinstance(translated, str) else list(translated)


@pytest.mark.parametrize("language", languages())
def test_catalog_has_every_sentence_and_no_other(language: str) -> None:
    """Those in the code, and the descriptions of the commands; nothing is empty, and nothing is a leftover."""
    sentences = catalog(language).sentences
    assert set(sentences) == messages().keys() | descriptions()
    assert all(form.strip() == form and form for english in sentences for form in forms_of(language, english))


@pytest.mark.parametrize("language", languages())
def test_translation_has_the_same_placeholders_and_marks(language: str) -> None:
    """Bold text, code, commands, settings and file names stay; so nothing in a value meets other Markdown around it."""
    for english in catalog(language).sentences:
        for form in forms_of(language, english):
            assert fields(form) == fields(english), form
            assert sorted(KEPT_AS_THEY_ARE.findall(form)) == sorted(KEPT_AS_THEY_ARE.findall(english)), form
            assert not re.search(r"@|<[#&:/]|https?:", form), form


@pytest.mark.parametrize("language", languages())
def test_plural_forms_are_complete(language: str) -> None:
    """A sentence with a singular form has as many forms as the language, or the same text for all; others have one."""
    count = 1 + max(plural_form(language, number) for number in range(200))
    for english, singular in messages().items():
        forms = forms_of(language, english)
        assert len(forms) == 1 or (singular and len(forms) == count), english
        assert len(forms) == count or not singular or "{count}-" in forms[0] or "{count} fois" in forms[0], english
    assert all(fields(singular) == fields(english) for english, singular in messages().items() if singular)


@pytest.mark.parametrize("language", languages())
def test_translations_keep_to_the_limits_of_discord(language: str) -> None:
    """Descriptions, names of menus, titles and labels of forms, buttons, and placeholders."""
    shown = [(description, DESCRIPTION) for description in descriptions()]
    for module, tree in sources().items():
        shown += labels(importlib.import_module(module), tree)
    assert {limit for _, limit in shown} == {NAME, FORM, BUTTON, DESCRIPTION, MENU}
    for english, limit in shown:
        for form in forms_of(language, english):
            assert 1 <= units(re.sub(r"\{\w+\}", "", form)) <= limit, form


def labels(module: ModuleType, tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Yield the messages in the arguments of LIMITS, with the limit."""
    for name, call in calls(tree):
        arguments: dict[str | int, ast.expr] = dict(enumerate(call.args))
        arguments |= {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
        for key, argument in arguments.items():
            if limit := LIMITS.get((name, key)):
                names = {node.id for node in ast.walk(argument) if isinstance(node, ast.Name)}
                found = (getattr(module, name, None) for name in names)
                yield from ((message.english, limit) for message in found if isinstance(message, Message))
