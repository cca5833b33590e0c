"""All weeks of a block, one after the other."""

from __future__ import annotations

from collections.abc import Callable

from ytterby.network.kernel.accounts import close_week, weigh
from ytterby.network.kernel.compiled import compiled_and_kept, sources_digest
from ytterby.network.kernel.making import answer_prices, desire, produce, receive
from ytterby.network.kernel.ordering import find_room, order, settle_prices, switch
from ytterby.network.kernel.records import Fixed, Live, Options, Sky, Told, Work
from ytterby.network.kernel.selling import (
    allow,
    count_orders,
    license_goods,
    ration,
    sell,
    spend_quotas,
    turn_rows,
)
from ytterby.network.kernel.stocking import refill, release_stockpiles, send

Weeks = Callable[[Fixed, Options, Sky, Live, Work, Told], int]


def _of_sources(digest: str) -> Weeks:
    def run_weeks(fixed: Fixed, options: Options, sky: Sky, live: Live, work: Work, told: Told) -> int:
        """Move the state through all weeks."""
        weigh(fixed, sky, live, work, work.mass)
        for week in range(len(told.ledger)):
            turn_rows(options, sky, work, week)
            receive(fixed, sky, live, work, week)
            answer_prices(fixed, sky, live, work, week)
            allow(sky, live, work, week)
            count_orders(fixed, live, work)
            desire(fixed, options, live, work, week)
            produce(fixed, options, live, work, told)
            ration(live, work)
            sell(fixed, live, work, told)
            spend_quotas(sky, live, work, week)
            license_goods(fixed, sky, live, work)
            release_stockpiles(fixed, options, sky, live, work, week)
            send(fixed, options, sky, live, work, week)
            refill(fixed, options, live, work)
            settle_prices(fixed, options, sky, live, work, week)
            if not options.fixed_shares:
                find_room(fixed, options, live, work)
                switch(fixed, options, live, work, week)
            order(fixed, options, sky, live, work, week)
            close_week(fixed, options, sky, live, work, told, week)
        return len(digest)  # holds on to the digest, which tells kept machine code apart

    return compiled_and_kept(run_weeks)


run_weeks = _of_sources(sources_digest())
