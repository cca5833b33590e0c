"""Claims met with facts: verdicts, events, pledges and policies (docs/method/ledger.md)."""

from ytterby.ledger.calendars import agenda, write_calendar
from ytterby.ledger.links import policies_from_claims
from ytterby.ledger.pledges import build_pledges, status_at
from ytterby.ledger.policies import build_policies, join_policies, policies_in_force
from ytterby.ledger.reconcile import Cluster, build_clusters, build_differences, reconcile, report_origins
from ytterby.ledger.updates import update_policies
from ytterby.ledger.verify import Verification, verdicts, verify, verify_claims

__all__ = [
    "Cluster",
    "Verification",
    "agenda",
    "build_clusters",
    "build_differences",
    "build_pledges",
    "build_policies",
    "join_policies",
    "policies_from_claims",
    "policies_in_force",
    "reconcile",
    "report_origins",
    "status_at",
    "update_policies",
    "verdicts",
    "verify",
    "verify_claims",
    "write_calendar",
]
