"""Rebuild the index after moderators changed a file of the documents, and say what became of it."""

from bot.discord_bot.access import places
from bot.discord_bot.context import Interaction, Services
from bot.discord_bot.handlers import respond
from bot.discord_bot.messages.answer_card import Card, line_card
from bot.discord_bot.messages.button_ids import Button
from bot.discord_bot.operations import kept_answers
from bot.discord_bot.storage.records import ServerSettings
from bot.serving.visible import is_visible
from bot.showing.languages import Message
from retrieval.errors import FootnoteError

UPDATED = Message("Members get it from now on.")
NO_LONGER_GIVEN = Message("Members no longer get it.")
UPDATING = Message("The index is being updated …")
NOT_UPDATED = Message("The index could not be updated; the operator's log says why. The next rebuild will try again.")
GATE_CLOSED = Message("The golden questions would be answered worse, so that the index stays as it was.")
NOT_VISIBLE = Message("Nobody can see it here, because the collection “{collection}” is not visible here.")
MAY_NOT_ANSWER = Message(
    "Only managers of a server whose managers may change the index can do this; discord.maintenance says which."
)


def may_answer(interaction: Interaction, settings: ServerSettings | None) -> bool:
    """Return whether the member may change the documents here: keep answers and messages, judge quotes, add words."""
    client = interaction.client
    may_change_index = client.services.maintenance.allowed(interaction.guild_id, client.all_servers)
    return may_change_index and places.may_manage(interaction, settings)


async def check_may_answer(interaction: Interaction) -> bool:
    """Return whether the member may change the documents here; after a deferral, tell them if not."""
    settings = await interaction.client.services.answerer.settings(interaction.guild_id)
    if may_answer(interaction, settings):
        return True
    await respond.answer(interaction, line_card(refusal(interaction, settings)))
    return False


def refusal(interaction: Interaction, settings: ServerSettings | None) -> str:
    """Say why the member may not change the documents here."""
    return (MAY_NOT_ANSWER if places.may_manage(interaction, settings) else places.MANAGERS_ONLY)()


async def update_and_show(
    interaction: Interaction, done: str, rows: tuple[tuple[Button, ...], ...] = (), *, closing: str | None
) -> None:
    """Rebuild the index after a change, and show what was `done` with what became of it, escaped already.

    `closing` is said if the rebuild succeeded; None says whether members here can see the kept answers.
    """
    services = interaction.client.services
    at_once = f" {closing}" if closing == NO_LONGER_GIVEN() else ""  # before the index knows
    await respond.answer(interaction, line_card(f"{done}{at_once} {UPDATING()}"))
    services.unanswered.add(interaction.id)
    result = await update_index(interaction, closing)
    if not interaction.is_expired():
        await respond.answer(interaction, Card(f"{done} {result}", rows=rows))
    services.unanswered.discard(interaction.id)


async def update_index(interaction: Interaction, closing: str | None) -> str:
    """Rebuild, and return `closing` or what went wrong, for whoever changed a file."""
    problem = await rebuild_index(interaction.client.services)
    if problem:
        return problem
    return await _who_sees_it(interaction) if closing is None else closing


async def rebuild_index(services: Services) -> str:
    """Rebuild and use the new index; return what went wrong, "" if nothing did."""
    try:
        result = await services.maintenance.update()
    except FootnoteError as error:
        services.log.error("index not updated after a change in Discord", error=str(error))
        return NOT_UPDATED()
    await services.answerer.live.refresh()
    gate = result.report.get("gate")
    if gate and gate["open"] and gate["rule"] == "off" and gate["failed"]:
        services.log.warning("index updated although golden questions fail", questions=gate["failed"])
    if gate and not gate["open"]:
        return GATE_CLOSED()
    return ""


async def _who_sees_it(interaction: Interaction) -> str:
    """Say whether members here can see the collection of the kept answers."""
    answerer = interaction.client.services.answerer
    settings = await answerer.settings(interaction.guild_id)
    visible = answerer.visible_collections(settings, places.place_of_interaction(interaction))
    if not is_visible(kept_answers.FOLDER, visible):
        return NOT_VISIBLE(collection=kept_answers.FOLDER)
    return UPDATED()
