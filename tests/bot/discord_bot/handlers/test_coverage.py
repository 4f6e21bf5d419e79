"""Every command, button, menu and switch has a test of its own; one without fails here."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from discord import app_commands

from bot.discord_bot.handlers.admin import FootnoteGroup
from bot.discord_bot.handlers.settings_panel import SettingMenu, SettingSwitch
from bot.discord_bot.handlers.slash_commands import EVERYBODYS
from bot.discord_bot.messages.button_ids import Action
from tests.support.paths import ROOT

TESTS = Path(__file__).parents[1]
BOT = ROOT / "bot" / "discord_bot"
# Who may do what is another question; naming something there does not prove that it works.
NOT_COUNTED = ("test_permissions.py", Path(__file__).name)


def used() -> Iterator[tuple[str, str]]:
    """Yield the method and each text in every call of the tests of the bot, and the texts of their tables."""
    for file in sorted(TESTS.rglob("test_*.py")):
        if file.name in NOT_COUNTED:
            continue
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                given = [*node.args, *(keyword.value for keyword in node.keywords)]
                yield from ((name, text) for one in given for text in texts(one))


def texts(node: ast.AST) -> Iterator[str]:
    """Yield the texts that are written in an expression, without those of calls inside it."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    if not isinstance(node, ast.Call):
        for child in ast.iter_child_nodes(node):
            yield from texts(child)


def labels() -> dict[str, set[str]]:
    """Return the labels that the bot's own source gives to the buttons of each action."""
    found: dict[str, set[str]] = {}
    for file in BOT.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "button":
                label, action = (one.value for one in node.args[:2] if isinstance(one, ast.Constant))
                found.setdefault(str(action), set()).add(str(label))
    return found


USED = set(used())


@pytest.mark.parametrize(
    "name",
    [one.qualified_name for one in (*EVERYBODYS, *FootnoteGroup().walk_commands())],
)
def test_every_command_is_used_by_a_test(name: str) -> None:
    """Each command of the tree, and each menu of a message, is used by a test by its name."""
    assert ("context_menu" if name in MESSAGE_MENUS else "slash", name) in USED


MESSAGE_MENUS = {one.name for one in EVERYBODYS if isinstance(one, app_commands.ContextMenu)}


@pytest.mark.parametrize("action", get_args(Action))
def test_every_button_is_pressed_by_a_test(action: str) -> None:
    """Each action has a button in the bot's source, and each of its labels is pressed by a test."""
    assert labels()[action]
    for label in labels()[action]:
        assert ("click", label) in USED


def test_no_button_has_an_unknown_action() -> None:
    """The bot's source makes no button of an action that is not declared."""
    assert set(labels()) == set(get_args(Action))


@pytest.mark.parametrize("item", [SettingMenu, SettingSwitch])
def test_every_control_of_the_panel_is_used_by_a_test(item: type[SettingMenu] | type[SettingSwitch]) -> None:
    """Each menu and switch of the panel is chosen, pressed or filled in by a test."""
    pattern = item.__discord_ui_compiled_template__.pattern
    names = pattern.split("(?P<name>")[1].split(")")[0].split("|")

    for name in names:
        assert USED & {("choose", name), ("parametrize", name), ("click", {"wording": "Wording …"}.get(name, name))}
