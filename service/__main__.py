"""`python -m service` is `newsbrief`."""

from service.cli.commands import main

main()
