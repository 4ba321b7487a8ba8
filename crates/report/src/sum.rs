//! Sums: counts of several spans of time added up, field by field.
//!
//! Each field is named, so that one which is added to a struct and forgotten here does not build.

use crate::callbacks::Callbacks;
use crate::counters::{Counters, Offers, TurnedAway, Within};
use crate::disposals::Disposals;
use crate::outgoing::Outgoings;
use crate::spread::{Dense, Sparse};
use crate::surveys::Surveys;
use crate::tally::{Forecast, Spreads, Sums, Tally};
use std::ops::AddAssign;

impl AddAssign<&Self> for Within {
    fn add_assign(&mut self, more: &Self) {
        let Self { answered, abandoned } = more;
        self.answered += answered;
        self.abandoned += abandoned;
    }
}

impl AddAssign<&Self> for TurnedAway {
    fn add_assign(&mut self, more: &Self) {
        let Self { line_full, waited_too_long, nobody_signed_in, closed, surge, blocked } = more;
        self.line_full += line_full;
        self.waited_too_long += waited_too_long;
        self.nobody_signed_in += nobody_signed_in;
        self.closed += closed;
        self.surge += surge;
        self.blocked += blocked;
    }
}

impl AddAssign<&Self> for Offers {
    fn add_assign(&mut self, more: &Self) {
        let Self { made, accepted, rang_out, declined, caller_gone, agent_gone, taken_elsewhere } = more;
        self.made += made;
        self.accepted += accepted;
        self.rang_out += rang_out;
        self.declined += declined;
        self.caller_gone += caller_gone;
        self.agent_gone += agent_gone;
        self.taken_elsewhere += taken_elsewhere;
    }
}

impl AddAssign<&Self> for Surveys {
    fn add_assign(&mut self, more: &Self) {
        let Self { rated, timeout, invalid, hung_up, not_offered } = more;
        self.rated.iter_mut().zip(rated).for_each(|(sum, count)| *sum += count);
        self.timeout += timeout;
        self.invalid += invalid;
        self.hung_up += hung_up;
        self.not_offered += not_offered;
    }
}

impl AddAssign<&Self> for Disposals {
    fn add_assign(&mut self, more: &Self) {
        let Self { results, online, none } = more;
        let counts = self.results.iter_mut().flatten().zip(results.iter().flatten());
        counts.for_each(|(sum, count)| *sum += count);
        self.online.iter_mut().zip(online).for_each(|(sum, count)| *sum += count);
        self.none += none;
    }
}

impl AddAssign<&Self> for Counters {
    fn add_assign(&mut self, more: &Self) {
        let Self {
            arrived,
            reached_line,
            abandoned_before_line,
            refused,
            service,
            callbacks,
            outgoings,
            internal,
            lost_before_line,
            greeting,
            offered,
            overflowed_in,
            transferred_in,
            answered,
            abandoned_in_line,
            abandoned_ringing,
            short_abandoned,
            turned_away,
            put_through,
            overflowed_out,
            called_back,
            joined,
            lost,
            waiting,
            within,
            talks,
            long_talks,
            wrap_ups,
            offers,
            help_asked,
            help_given,
            callback,
            surveys,
            disposals,
            outgoing,
            picked,
        } = more;
        self.arrived += arrived;
        self.reached_line += reached_line;
        self.abandoned_before_line += abandoned_before_line;
        self.refused += refused;
        self.service += service;
        self.callbacks += callbacks;
        self.outgoings += outgoings;
        self.internal += internal;
        self.lost_before_line += lost_before_line;
        self.greeting += greeting;
        self.offered += offered;
        self.overflowed_in += overflowed_in;
        self.transferred_in += transferred_in;
        self.answered += answered;
        self.abandoned_in_line += abandoned_in_line;
        self.abandoned_ringing += abandoned_ringing;
        self.short_abandoned += short_abandoned;
        self.turned_away += turned_away;
        self.put_through += put_through;
        self.overflowed_out += overflowed_out;
        self.called_back += called_back;
        self.joined += joined;
        self.lost += lost;
        self.waiting += waiting;
        for (sum, within) in self.within.iter_mut().zip(within) {
            *sum += within;
        }
        self.talks += talks;
        self.long_talks += long_talks;
        self.wrap_ups += wrap_ups;
        self.offers += offers;
        self.help_asked += help_asked;
        self.help_given += help_given;
        self.callback += callback;
        self.surveys += surveys;
        self.disposals += disposals;
        self.outgoing += outgoing;
        self.picked += picked;
    }
}

impl AddAssign<&Self> for Callbacks {
    fn add_assign(&mut self, more: &Self) {
        let Self {
            kept,
            missed,
            open,
            reached,
            called_again,
            merged,
            given_up,
            cancelled,
            dialed,
            put_off,
            connected,
            talks,
        } = more;
        self.kept += kept;
        self.missed += missed;
        self.open += open;
        self.reached += reached;
        self.called_again += called_again;
        self.merged += merged;
        self.given_up += given_up;
        self.cancelled += cancelled;
        self.dialed += dialed;
        self.put_off += put_off;
        self.connected += connected;
        self.talks += talks;
    }
}

impl AddAssign<&Self> for Outgoings {
    fn add_assign(&mut self, more: &Self) {
        let Self { made, reached, unreached, open, talks } = more;
        self.made += made;
        self.reached += reached;
        self.unreached += unreached;
        self.open += open;
        self.talks += talks;
    }
}

impl AddAssign<&Self> for Forecast {
    fn add_assign(&mut self, more: &Self) {
        let Self { count, expected, waited, error } = more;
        self.count += count;
        self.expected += *expected;
        self.waited += *waited;
        self.error += *error;
    }
}

impl AddAssign<&Self> for Sums {
    fn add_assign(&mut self, more: &Self) {
        let Self {
            greeted,
            waited,
            rang,
            waited_abandoned,
            talked,
            wrapped_up,
            talked_back,
            rang_out,
            talked_out,
            longest_out,
        } = more;
        self.greeted = self.greeted.saturating_add(*greeted);
        self.waited = self.waited.saturating_add(*waited);
        self.rang = self.rang.saturating_add(*rang);
        self.waited_abandoned = self.waited_abandoned.saturating_add(*waited_abandoned);
        self.talked = self.talked.saturating_add(*talked);
        self.wrapped_up = self.wrapped_up.saturating_add(*wrapped_up);
        self.talked_back = self.talked_back.saturating_add(*talked_back);
        self.rang_out = self.rang_out.saturating_add(*rang_out);
        self.talked_out = self.talked_out.saturating_add(*talked_out);
        self.longest_out = self.longest_out.max(*longest_out);
    }
}

impl AddAssign<&Tally<Sparse, ()>> for Tally<Dense, ()> {
    fn add_assign(&mut self, more: &Tally<Sparse, ()>) {
        let Tally { counters, sums, wait_buckets, forecast, spreads } = more;
        let Spreads { wait, wait_abandoned: (), ring: (), talk: (), wrap_up: (), talk_out: () } = spreads;
        self.counters += counters;
        self.sums += sums;
        for (sum, count) in self.wait_buckets.iter_mut().zip(wait_buckets) {
            *sum += count;
        }
        self.forecast += forecast;
        wait.add_to(&mut self.spreads.wait.0);
    }
}
