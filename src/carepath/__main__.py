"""`python -m carepath`."""

from carepath.cli.main import main

main()
