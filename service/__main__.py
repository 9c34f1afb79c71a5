"""`python -m service` is `newsbrief`."""

from service.cli.main import main

main()
