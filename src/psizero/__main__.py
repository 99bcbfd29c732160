"""`python -m psizero` is the command `psizero`."""

from psizero.cli import main

main()
