"""Rooms with chat: members only, with history and who is here.

export ANTIPHON_JWT_SECRET=$(python -c "import secrets; print(secrets.token_hex(32))")
antiphon run newsroom:app
antiphon token --user alice --meta '{"rooms": ["lobby"]}'
"""

from typing import Annotated

from antiphon import JWT, App, Client, Event, Forbidden, History, Meta

app = App("Newsroom", version="1.0.0", auth=JWT.from_env())


class Said(Event):
    """Somebody said something in a room."""

    text: Annotated[str, Meta(min_length=1, max_length=4000)]


chat = app.channel(
    "chat:{room}",
    publishes=Said,
    accepts=Said,
    history=History(size=500, ttl=86_400),
    presence=True,
)


@chat.on_subscribe
async def may_join(client: Client, room: str) -> None:
    if room not in client.meta.get("rooms", ()):
        raise Forbidden("you are not a member of this room")
