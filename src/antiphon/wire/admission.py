"""Asking an endpoint whether it takes a request, without trusting it not to raise."""

import logging
from typing import Final

from antiphon.wire.port import Endpoint, Refusal, Request

logger = logging.getLogger("antiphon.wire")

FAILED: Final = Refusal(500, "internal server error")


def examine(endpoint: Endpoint, request: Request) -> Refusal | None:
    """Return the endpoint's refusal, None if it admits the request, `FAILED` if it raises."""
    try:
        return endpoint.admit(request)
    except Exception:
        logger.exception("a request could not be examined")
        return FAILED
