"""The physical chain under stress: structure, shocks, simulation, outcomes."""
