"""``python -m ytterby`` is the command line."""

from ytterby.cli import main

main()
