"""`python -m carepath`."""

from carepath.cli.start import main

main()
