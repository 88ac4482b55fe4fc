//! The faults that hold now, with what is left of those that happen only so often.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use tokio::sync::oneshot;

use crate::{Fault, Faults, Shared};

/// One setting of faults. A new setting is a new object: what it counts is its own.
#[derive(Debug)]
pub(crate) struct Active {
    pub(crate) faults: Faults,
    left: Vec<AtomicU32>,
    /// The request of a rule that waits to be overtaken.
    waiting: Vec<Mutex<Option<oneshot::Sender<()>>>>,
}

impl Active {
    pub(crate) fn new(faults: Faults) -> Self {
        let left = faults.rules.iter();
        let left = left.map(|rule| AtomicU32::new(rule.times.unwrap_or(u32::MAX)));
        Self {
            left: left.collect(),
            waiting: faults.rules.iter().map(|_| Mutex::default()).collect(),
            faults,
        }
    }
}

/// The rules that match one request.
pub(crate) struct Plan {
    active: Arc<Active>,
    rules: Vec<usize>,
}

impl Plan {
    pub(crate) fn new(active: Arc<Active>, path_and_query: &str, upgrade: bool) -> Self {
        let rules = active.faults.rules.iter().enumerate();
        let rules = rules
            .filter(|(_, rule)| {
                path_and_query.starts_with(&rule.path)
                    && rule.upgrade.is_none_or(|wanted| wanted == upgrade)
            })
            .map(|(at, _)| at)
            .collect();
        Self { active, rules }
    }

    /// The first fault that `pick` wants and that is not used up, without using it.
    pub(crate) fn find<T>(&self, pick: impl Fn(&Fault) -> Option<T>) -> Option<(T, Firing)> {
        self.find_spent(|at, fault| {
            (self.active.left[at].load(Ordering::Relaxed) > 0).then(|| pick(fault))?
        })
    }

    /// The first pair of requests that are to change places; the rule may be used up by the one that waits already.
    pub(crate) fn find_pair(&self) -> Option<(Duration, Firing)> {
        self.find_spent(|_, fault| match fault {
            Fault::Overtaken { at_most_ms } => Some(Duration::from_millis(*at_most_ms)),
            _ => None,
        })
    }

    fn find_spent<T>(&self, pick: impl Fn(usize, &Fault) -> Option<T>) -> Option<(T, Firing)> {
        self.rules.iter().find_map(|&at| {
            let picked = pick(at, &self.active.faults.rules[at].fault)?;
            let active = Arc::clone(&self.active);
            Some((picked, Firing { active, at }))
        })
    }

    /// The same, used once.
    pub(crate) fn take<T>(&self, shared: &Shared, pick: impl Fn(&Fault) -> Option<T>) -> Option<T> {
        let (picked, firing) = self.find(pick)?;
        firing.fires(shared).then_some(picked)
    }
}

/// A fault that is about to happen.
pub(crate) struct Firing {
    active: Arc<Active>,
    at: usize,
}

impl Firing {
    /// Uses the rule once; tells whether that was still possible.
    pub(crate) fn fires(&self, shared: &Shared) -> bool {
        let Self { active, at } = self;
        let rule = &active.faults.rules[*at];
        let left = &active.left[*at];
        let fewer = |left: u32| match rule.times {
            Some(_) => left.checked_sub(1),
            None => Some(left),
        };
        let fired = left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, fewer)
            .is_ok();
        if fired && Arc::ptr_eq(&shared.active(), active) {
            shared.count(|seen| {
                if let Some(count) = seen.fired.get_mut(*at) {
                    *count += 1;
                }
            });
        }
        fired
    }

    /// Where the request that is to be overtaken waits, and the one that overtakes finds it; nothing when the rule is used up.
    pub(crate) fn pair(&self, shared: &Shared) -> Option<Pair> {
        let mut place = self.active.waiting[self.at]
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(waiting) = place.take_if(|waiting| !waiting.is_closed()) {
            return Some(Pair::Overtakes(waiting));
        }
        let (sender, receiver) = oneshot::channel();
        self.fires(shared).then(|| {
            *place = Some(sender);
            Pair::Waits(receiver)
        })
    }
}

/// One of two requests that change places.
pub(crate) enum Pair {
    /// The earlier one, until the other is through.
    Waits(oneshot::Receiver<()>),
    /// The later one; it tells the earlier one when it is through.
    Overtakes(oneshot::Sender<()>),
}
