"""`/health`: whether this process should get traffic, as JSON, for load balancers and people.

Status 200 while it should; 503 while it shuts down or after a background task has died. The body
says which.
"""

import msgspec

from antiphon.hub.hub import Hub


def health(hub: Hub, *, version: str, dead_tasks: list[str]) -> tuple[int, bytes, str]:
    """Return the HTTP status, the body and its type."""
    if hub.draining:
        status = "shutting down"
    elif dead_tasks:
        status = "degraded"
    else:
        status = "ok"
    body = {
        "status": status,
        "version": version,
        "connections": len(hub),
        "users": len(hub.users),
        "channels": len(hub.core.topics),
    }
    if dead_tasks:
        body["dead_tasks"] = dead_tasks
    return (200 if status == "ok" else 503), msgspec.json.encode(body), "application/json"
