"""An app with something of everything that the explorer shows, and traps for who does not escape."""

from typing import Annotated, Literal

from msgspec import Struct

from antiphon import JWT, App, BadRequest, Client, Event, History, Meta, deprecated

SECRET = "s" * 32
MARKUP = "<img src=x onerror=alert(1)><script>alert(2)</script>"


class Sugar(Struct):
    """How sweet it is to be."""

    lumps: Annotated[int, Meta(ge=0, le=6)]


class Order(Event):
    """Order something. [Press](javascript:alert(3)) `<b>here</b>`."""

    item: Annotated[str, Meta(min_length=1, max_length=100, examples=["tea"])]
    """What to bring, <script>alert(4)</script>."""
    sugar: Sugar
    strength: Literal["light", "strong"] = "light"
    table: Annotated[int, Meta(extra_json_schema={"deprecated": True})] = 0


class Ordered(Event):
    """Somebody has ordered something."""

    item: str
    by: str


@deprecated("use ordered")
class Served(Event):
    """Something was brought."""

    item: str = ""


class Ring(Event):
    """Ring the bell."""


class Rang(Event):
    """The bell rang."""


class Question(Struct):
    """Whose bill."""

    table: Annotated[int, Meta(ge=1, examples=[7])]


class Bill(Struct):
    """What is to be paid."""

    total: float


def teahouse() -> App:
    """The app, to be served once."""
    app = App(
        f"Tea house {MARKUP}",
        version="1.0.0",
        description="Orders from the tables.",
        auth=JWT(secret=SECRET),
        messages=Rang,
    )
    orders = app.channel(
        "table:{number:int}",
        publishes=Ordered | Served,
        accepts=Order,
        history=History(size=10, ttl=60),
        open=True,
        description="What one table orders.",
        parameters={"number": "As painted on it."},
    )

    @orders.on_publish(Order)
    def order(client: Client, event: Order) -> Ordered:
        return Ordered(event.item, client.user)

    app.channel("closed", publishes=Served)

    @app.rpc("bill.get")
    def bill(client: Client, request: Question) -> Bill:
        """Add up what a table owes."""
        if request.table == 13:
            raise BadRequest("there is no such table")
        return Bill(12.5)

    @app.on_message(Ring)
    def ring(client: Client, event: Ring) -> None:
        client.send(Rang())

    return app
