"""Claims met with facts: verdicts, pledges, policies."""
