"""`python -m service` is `newsbrief`."""

from service.cli import main

main()
