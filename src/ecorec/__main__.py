"""`python -m ecorec` is `ecorec`."""

from ecorec.cli.main import main

main()
