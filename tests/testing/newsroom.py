"""The app that the tests of the client, the fixtures and the command line talk to."""

from antiphon import (
    JWT,
    App,
    Attempt,
    Client,
    Event,
    Forbidden,
    Grant,
    History,
    Identity,
    Unauthorized,
)

SECRET = "a secret of the tests, at least thirty-two bytes"
JWT_OF_TESTS = JWT(secret=SECRET)


class Said(Event):
    text: str


class Typing(Event):
    pass


class Welcome(Event):
    user: str


class Shout(Event):
    text: str


class Room(Event):
    name: str
    topic: str = ""


def build() -> App:
    """A new app, as nothing of it may leak from one test into the next."""
    app = App("Newsroom", auth=JWT_OF_TESTS, messages=Welcome | Shout)
    chat = app.channel(
        "chat:{room}",
        publishes=Said | Typing,
        accepts=Said | Typing,
        history=History(size=10, ttl=60),
        presence=True,
        join_leave=True,
    )
    app.channel("news", publishes=Said, history=History(size=1, ttl=60, mode="cache"), open=True)
    app.channel("inbox:{user}", publishes=Said, personal=True)

    @chat.on_subscribe
    async def enter(client: Client, room: str) -> Grant:
        if room == "secret":
            raise Forbidden("you are not a member of this room")
        return Grant(data={"room": room}, info={"badge": room})

    @app.rpc("rooms.open")
    async def open_room(client: Client, request: Room) -> Room:
        return Room(request.name, f"opened by {client.user}")

    @app.rpc("rooms.close")
    async def close_room(client: Client) -> None: ...

    @app.on_message(Shout)
    async def shout(client: Client, event: Shout) -> None:
        client.send(Shout(event.text.upper()))

    return app


def build_with_cookies() -> App:
    """An app whose hook asks for a cookie."""
    app = App("Cookies")

    @app.on_connect
    async def admit(attempt: Attempt) -> Identity:
        if attempt.cookies.get("session") != "1":
            raise Unauthorized("no session")
        return Identity("bob", data={"hello": "bob"})

    app.channel("news", publishes=Said, open=True)
    return app
