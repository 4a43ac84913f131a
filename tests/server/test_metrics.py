"""`/metrics`: what Prometheus's own parser makes of it."""

import re

from prometheus_client.parser import text_string_to_metric_families

from antiphon import Anonymous, App, Event, deprecated
from antiphon.dialer import ErrorReply
from antiphon.testing import AppClient, connect
from tests.server.asgi import ask


class Said(Event):
    """Somebody said something."""


async def samples(app: App) -> dict[str, float]:
    answer = await ask(app, "/metrics")
    assert answer.status == 200
    assert answer.headers[b"content-type"] == b"text/plain; version=0.0.4; charset=utf-8"
    found = {}
    for family in text_string_to_metric_families(answer.body.decode()):
        assert family.documentation
        assert re.fullmatch(r"antiphon_[a-z_]+", family.name)
        for sample in family.samples:
            found[sample.name + "".join(sample.labels.values())] = sample.value
    return found


async def refused(client: AppClient, channel: str) -> None:
    try:
        await client.subscribe(channel)
    except ErrorReply:
        return
    raise AssertionError("it was let in")


async def test_what_happened_is_counted() -> None:
    app = App("x", auth=Anonymous())
    news = app.channel("news", publishes=Said, open=True)
    async with app.lifespan():
        async with connect(app, user="ann") as ann, connect(app, user="bob") as bob:
            for client in (ann, bob):
                await client.subscribe("news")
            await refused(ann, "nowhere")
            await news.publish(Said())
            await ann.next("news")
            await bob.next("news")
            seen = await samples(app)
        later = await samples(app)
    assert seen["antiphon_connections"] == seen["antiphon_users"] == 2
    assert seen["antiphon_channels"] == 1
    assert seen["antiphon_opened_total"] == seen["antiphon_connected_total"] == 2
    assert seen["antiphon_publications_total"] == 1
    assert seen["antiphon_deliveries_total"] == 2
    assert seen["antiphon_commands_total"] >= 5
    assert seen["antiphon_refused_total102"] == 1
    assert later["antiphon_connections"] == later["antiphon_channels"] == 0


async def test_codes_that_clients_choose_make_no_labels() -> None:
    app = App("x", auth=Anonymous())
    async with app.lifespan():
        for code in range(4000, 4050):
            async with connect(app) as client:
                app.hub.clients_of("")[0].disconnect(code, "bye")
                assert client is not None
        seen = await samples(app)
    labels = [name for name in seen if name.startswith("antiphon_closed_total")]
    assert labels == ["antiphon_closed_total0"]
    assert seen[labels[0]] == 50


async def test_an_app_at_rest_has_metrics_too() -> None:
    assert (await samples(App("x", auth=Anonymous())))["antiphon_connections"] == 0


@deprecated("use SaidV2")
class Spoken(Event, tag="said.v1"):
    """What was said, as clients of last year say it."""

    words: str


class SaidV2(Event, tag="said.v2"):
    """What was said, and how."""

    text: str
    mood: str = "calm"


async def test_who_still_sends_a_deprecated_event_is_counted() -> None:
    app = App("x", auth=Anonymous())
    chat = app.channel("chat", publishes=SaidV2, accepts=Spoken | SaidV2, open=True)
    chat.on_publish(Spoken)(lambda client, event: SaidV2(event.words))
    app.on_message(Spoken, SaidV2)(lambda client, event: None)
    async with app.lifespan():
        assert (await samples(app))["antiphon_deprecated_events_totalsaid.v1"] == 0
        async with connect(app) as client:
            await client.subscribe("chat")
            await client.publish("chat", Spoken("old"))
            await client.publish("chat", SaidV2("new"))
            await client.send(Spoken("old"))
            await client.send(SaidV2("new"))
            try:
                await client.publish("chat", {"type": "said.v1"})
            except ErrorReply as error:
                assert error.code == 107
            seen = await samples(app)
    counted = {name: value for name, value in seen.items() if "deprecated" in name}
    assert counted == {"antiphon_deprecated_events_totalsaid.v1": 2}


async def test_publishing_a_deprecated_event_oneself_is_not_counted() -> None:
    app = App("x", auth=Anonymous())
    chat = app.channel("chat", publishes=Spoken, accepts=Spoken, open=True)
    async with app.lifespan():
        await chat.publish(Spoken("old"))
        assert (await samples(app))["antiphon_deprecated_events_totalsaid.v1"] == 0
