"""Delete the data of servers that removed the bot while it was not connected, so that Discord sent no event for it.

Deleting is final. A server is therefore deleted only if neither READY nor a second list, requested over HTTP, names it,
and if the second list is complete as far as READY can tell. Unavailable servers are in both lists.
"""

from bot.discord_bot.context import BotClient


async def delete_data(client: BotClient) -> None:
    """Delete the data of the servers that the bot has left. Raises DatabaseError and what discord.py raises."""
    database, log = client.services.database, client.services.log
    if client.application_id is None:
        return
    joined = {server.id for server in client.guilds}
    shard, count = client.shard_id or 0, client.shard_count or 1
    own = {server for server in await database.known_servers() if (server >> 22) % count == shard}
    missing = own - joined  # a shard hears of its own servers only
    if not missing:
        return
    if not await database.belongs_to(client.application_id):
        log.warning("the database belongs to another bot; the data of its servers is kept", servers=len(missing))
        return
    listed = {server.id async for server in client.fetch_guilds(limit=None, with_counts=False)}
    if not joined <= listed:
        log.warning("Discord named different servers; the data of all servers is kept")
        return
    for server in sorted(missing - listed):
        if client.get_guild(server) is None:  # it has not invited the bot again meanwhile
            await database.delete_server(server)
            log.info("data deleted of a server that removed the bot", server=server)
