"""Decisions on the chain: projects, stockpiles, and who pays."""
