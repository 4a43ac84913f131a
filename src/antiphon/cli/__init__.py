"""The command `antiphon`: run an app, the demo, tokens, and talking to a server from a terminal.

`commands` declares what can be typed and turns every failure into one line on stderr: exit code 1,
or 2 for what was typed wrongly. The other modules do the work and raise.
"""

from antiphon.cli.commands import main

__all__ = ["main"]
