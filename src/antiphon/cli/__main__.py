"""`python -m antiphon.cli`, which is how `antiphon run --reload` starts the app again."""

from antiphon.cli import main

main()
