"""What a person can do on the page of the sandbox, as it arrives, and how it is done in the server."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from bot.sandbox.loopback import permission_bits
from bot.sandbox.loopback.member_actions import Actors, ImpossibleError
from bot.sandbox.loopback.world_records import FORUM, TEXT, Channel, Interaction, Message, User

MAX_TEXT_CHARS = 2_000  # of a message, as in Discord
MAX_TITLE_CHARS = 100
MAX_CHANNELS = 60  # of a server, with its threads and posts

Who = Literal["member", "manager"]
Locale = Literal["en-US", "de", "es-ES", "fr", "ja", "pt-BR", "ru", "zh-CN"]  # those that the bot speaks
Id = Annotated[str, Meta(pattern="^[0-9]{1,20}$")]
Name = Annotated[str, Meta(min_length=1, max_length=100)]
Text = Annotated[str, Meta(min_length=1, max_length=MAX_TEXT_CHARS)]
Values = Annotated[list[Annotated[str, Meta(max_length=100)]], Meta(max_length=25)]


class Say(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="say"):
    """Write a message."""

    text: Text
    reply_to: Id | None = None


class Post(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="post"):
    """Start a post in a forum."""

    title: Annotated[str, Meta(min_length=1, max_length=MAX_TITLE_CHARS)]
    text: Text


class Slash(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="slash"):
    """Use a slash command."""

    name: Name
    options: dict[str, str | bool | int | float]


class Complete(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="complete"):
    """Type into an option that is completed."""

    name: Name
    focused: Name
    options: dict[str, str | bool | int | float]


class Menu(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="menu"):
    """Choose a command from the menu of a message."""

    name: Name
    message: Id


class Press(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="press"):
    """Press a button."""

    message: Id
    button: Name


class Choose(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="choose"):
    """Choose values of a menu."""

    message: Id
    menu: Name
    values: Values


class Submit(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="submit"):
    """Send a form that the bot opened."""

    form: Id
    values: dict[str, str | Values]


class Remove(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="remove"):
    """Delete a message, or dismiss one that nobody else sees."""

    message: Id


Action = Say | Post | Slash | Complete | Menu | Press | Choose | Submit | Remove


class StartRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new server, in which everybody has Discord in one language."""

    locale: Locale = "en-US"


class ActionRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An action, who does it and in which channel."""

    who: Who
    channel: Id
    action: Action


def do(actors: Actors, user: User, channel: Channel, action: Action) -> Interaction | None:
    """Do an action in a channel; return the interaction that the bot has to answer, if it is one.

    Raises ImpossibleError for what Discord's client would not offer.
    """
    world = actors.world
    match action:
        case Say(text, reply_to):
            _say(actors, user, channel, text, _message(channel, reply_to) if reply_to else None)
        case Post(title, text):
            _check_room(channel)
            actors.forum_post(user, channel, title, text)
        case Slash(name, options):
            return actors.slash(user, channel, name, dict(options))
        case Complete(name, focused, options):
            return actors.autocomplete(user, channel, name, focused, dict(options))
        case Menu(name, message):
            return actors.context_menu(user, _message(channel, message), name)
        case Press(message, button):
            return actors.component(user, _message(channel, message), button)
        case Choose(message, menu, values):
            return actors.component(user, _message(channel, message), menu, values)
        case Submit(form, values):
            opened = world.interactions.get(int(form))
            if opened is None or opened.user is not user:
                raise ImpossibleError("that form is not open any more")
            return actors.submit(user, opened, dict(values))
        case Remove(message):
            _remove(actors, user, _message(channel, message))
    return None


def _say(actors: Actors, user: User, channel: Channel, text: str, reply_to: Message | None) -> None:
    """Write a message, in which "@Footnote" mentions the bot."""
    bot = actors.world.bot
    text = text.replace(f"@{bot.name}", f"<@{bot.id}>")
    _check_room(channel)
    if channel.type == FORUM:
        raise ImpossibleError("a forum has posts, not messages")
    actors.ask(user, channel, text, reply_to=reply_to)


def _check_room(channel: Channel) -> None:
    """Raise ImpossibleError if a server has no room for a post, or for the thread that the bot may answer in."""
    if channel.guild is not None and len(channel.guild.channels) >= MAX_CHANNELS:
        raise ImpossibleError("this sandbox has no room for more threads: start again")


def _remove(actors: Actors, user: User, message: Message) -> None:
    if message.visible_to is user:
        actors.world.dismiss(message)
    else:
        actors.delete(user, message)


def _message(channel: Channel, id_: str) -> Message:
    message = channel.messages.get(int(id_))
    if message is None or message.deleted is not None:
        raise ImpossibleError("that message is not there any more")
    return message


def set_up_server(actors: Actors, name: str, locale: Locale) -> tuple[Any, dict[Who, User]]:
    """Make a server with a few channels, a member and a manager; return it and the two."""
    world = actors.world
    owner = world.user("Olga")
    guild = world.guild(name, owner=owner, locale=locale)
    people: dict[Who, User] = {"member": world.user("Mia"), "manager": world.user("Max")}
    team = world.role(guild, "Team", permission_bits.MANAGE_GUILD | permission_bits.MANAGE_MESSAGES)
    for user in people.values():
        user.locale = locale
    world.join(guild, people["member"])
    world.join(guild, people["manager"], team)
    world.channel(guild, "team", TEXT)
    world.channel(guild, "questions", FORUM)
    return guild, people
