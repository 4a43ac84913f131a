"""`antiphon openapi`: what an app's server API is, for machines.

The app is imported, and nothing of it is started. What is missing for a document is a `StartupError`.
"""

from typing import Any

import msgspec

from antiphon.errors import StartupError
from antiphon.hosting import find_apps


def openapi(target: Any) -> str:
    """Return the OpenAPI document of the one App in an ASGI app, as indented JSON.

    Raises:
        StartupError: there is no App in it, or several, or its server API is off.
    """
    found = find_apps(target)
    if len(found) != 1:
        mounted = ", ".join(app.title for app in found.values()) or "none in sight"
        raise StartupError(f"name one App itself, module:app; here are: {mounted}")
    ((path, app),) = found.items()
    if app.server_api.keys is None:
        raise StartupError(f"app {app.title!r} has no server API: give it api=API.from_env()")
    described = msgspec.json.encode(app.server_api.describe(mount=path))
    return msgspec.json.format(described, indent=2).decode()
