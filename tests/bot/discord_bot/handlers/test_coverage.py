"""Every command, button, menu and switch has a test of its own, or these tests fail."""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from discord import app_commands

from bot.discord_bot.handlers.admin import FootnoteGroup
from bot.discord_bot.handlers.kept_messages import keep_as_source
from bot.discord_bot.handlers.settings_panel import SettingMenu, SettingSwitch
from bot.discord_bot.handlers.slash_commands import MEMBER_COMMANDS
from bot.discord_bot.messages.button_ids import Action
from tests.support.paths import ROOT

TESTS = Path(__file__).parents[1]
BOT = ROOT / "bot" / "discord_bot"
# Being listed in the permission matrix does not prove that something works.
NOT_COUNTED = ("test_permissions.py", Path(__file__).name)


def used_texts() -> Iterator[tuple[str, str]]:
    """Yield the method and each literal text of every call in the tests of the bot."""
    for file in sorted(TESTS.rglob("test_*.py")):
        if file.name in NOT_COUNTED:
            continue
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
                yield from ((name, text) for argument in arguments for text in texts(argument))


def texts(node: ast.AST) -> Iterator[str]:
    """Yield the literal texts in an expression, without those inside nested calls."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    if not isinstance(node, ast.Call):
        for child in ast.iter_child_nodes(node):
            yield from texts(child)


def labels() -> dict[str, set[str]]:
    """Collect the labels of the buttons for each action from the bot's source."""
    labels_by_action: dict[str, set[str]] = {}
    for file in BOT.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "button":
                said, action = node.args[:2]
                assert isinstance(said, ast.Call)
                assert isinstance(action, ast.Constant)
                message = getattr(importlib.import_module(module_of(file)), ast.unparse(said.func))
                labels_by_action.setdefault(str(action.value), set()).add(message.english.format(number=1))
    return labels_by_action


def module_of(file: Path) -> str:
    """Return the name of the module in a file."""
    return file.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")


USED = set(used_texts())


@pytest.mark.parametrize(
    "name",
    [command.qualified_name for command in (*MEMBER_COMMANDS, keep_as_source, *FootnoteGroup().walk_commands())],
)
def test_every_command_is_used_by_a_test(name: str) -> None:
    """Each command, and each menu of a message, is used by a test under its name."""
    assert ("context_menu" if name in MESSAGE_MENUS else "slash", name) in USED


MESSAGE_MENUS = {
    command.name for command in (*MEMBER_COMMANDS, keep_as_source) if isinstance(command, app_commands.ContextMenu)
}


@pytest.mark.parametrize("action", get_args(Action))
def test_every_button_is_clicked_by_a_test(action: str) -> None:
    """Each action has a button in the bot's source, and each of its labels is clicked by a test."""
    assert labels()[action]
    for label in labels()[action]:
        assert {("click", label), ("press", label), ("press_to_edit", label)} & USED


def test_no_button_has_an_unknown_action() -> None:
    """The bot's source creates no button with an undeclared action."""
    assert set(labels()) == set(get_args(Action))


@pytest.mark.parametrize("item", [SettingMenu, SettingSwitch])
def test_every_control_of_the_panel_is_used_by_a_test(item: type[SettingMenu] | type[SettingSwitch]) -> None:
    """Each menu and switch of the panel is used by a test."""
    pattern = item.__discord_ui_compiled_template__.pattern
    names = pattern.split("(?P<name>")[1].split(")")[0].split("|")

    for name in names:
        label = {"wording": "Refusal text …", "more": "More settings …", "back": "Back"}.get(name, name)
        assert USED & {("choose", name), ("parametrize", name), ("click", label)}
