"""An HTTP API with live updates: FastAPI answers requests, and what changes goes out at once.

    antiphon run fastapi_app:api          # or any ASGI server: uvicorn fastapi_app:api
    antiphon listen http://127.0.0.1:8000/realtime orders
    curl -X POST http://127.0.0.1:8000/orders -H 'content-type: application/json' -d '{"item": "tea"}'

Prices are public. The orders are, too, in an example; yours will want `auth=JWT.from_env()`.
"""

from itertools import count
from typing import Annotated

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, Field

from antiphon import Anonymous, App, Event, History


class OrderPlaced(Event):
    """Somebody has ordered something."""

    number: int
    item: str


class OrderServed(Event):
    """It is on the table."""

    number: int


realtime = App("Tea house", version="1.0.0", auth=Anonymous())
orders = realtime.channel(
    "orders",
    publishes=OrderPlaced | OrderServed,
    history=History(size=100, ttl=3600),
    open=True,
)

# The lifespan starts and stops the real-time app with the API, whichever server runs it.
api = FastAPI(title="Tea house", lifespan=realtime.lifespan)
api.mount("/realtime", realtime)

numbers = count(1)
waiting: set[int] = set()


class NewOrder(BaseModel):
    """What a guest sends."""

    item: Annotated[str, Field(min_length=1, max_length=100)]


@api.post("/orders", status_code=201)
async def place(order: NewOrder) -> int:
    """Take an order, and have everybody know."""
    number = next(numbers)
    waiting.add(number)
    await orders.publish(OrderPlaced(number=number, item=order.item))
    return number


@api.post("/orders/{number}/served", status_code=204)
async def serve(number: int) -> None:
    """Note that an order is on the table."""
    if number not in waiting:
        raise HTTPException(404, "no such order is waiting")
    waiting.remove(number)
    await orders.publish(OrderServed(number=number))
