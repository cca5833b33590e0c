"""Commands of the command line that have a group of their own, and what all commands share."""
