"""Pure functions: concentration, dependence, criticality, choke points."""
