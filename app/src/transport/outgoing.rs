//! What waits to be posted on a link of single requests: batches, their numbers, the second try, the waiting; it sends nothing.
//!
//! One POST is under way at a time, and everything that gathers meanwhile goes into the next. The server takes a number
//! once, so that a POST may be sent again when nobody knows whether it arrived.
use bytes::Bytes;
use protocol::connection::Why;
use protocol::frame::packet::pack;
use protocol::wire::var_len;
use std::collections::VecDeque;

/// The largest body, in bytes: what the server takes, and most proxies.
const LARGEST: usize = 64 << 10;
/// Before a POST that failed on the network is sent again.
const AGAIN_MS: u64 = 300;
/// No answer makes a page wait longer than this.
const LONGEST_WAIT_MS: u64 = 30_000;

const TOO_LARGE: u16 = 413;
const TOO_MANY: u16 = 429;
const UNAVAILABLE: u16 = 503;

/// A body to be posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// Which POST of the link this is, from 1; none for the one that opens the session.
    pub number: Option<u64>,
    /// A packet.
    pub body: Bytes,
}

/// How a POST fared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fared {
    /// The server answered with a packet.
    Answered,
    /// Somebody else answered: a proxy, a portal.
    Stranger {
        /// The HTTP status.
        status: u16,
        /// The header `Retry-After`.
        retry_after_s: Option<u64>,
    },
    /// No answer came.
    Failed,
}

/// What is to be done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// Go on with [`Outgoing::next`].
    Next,
    /// Call [`Outgoing::again`] after so many milliseconds.
    Again(u64),
    /// The link is gone.
    Gone(Why),
}

/// The messages of one link on their way out.
#[derive(Debug)]
pub struct Outgoing {
    waiting: VecDeque<Bytes>,
    under_way: Vec<Bytes>,
    second_try: bool,
    /// Posts of the session so far; none before it is established.
    number: Option<u64>,
    largest: usize,
}

impl Default for Outgoing {
    fn default() -> Self {
        Self {
            waiting: VecDeque::new(),
            under_way: Vec::new(),
            second_try: false,
            number: None,
            largest: LARGEST,
        }
    }
}

impl Outgoing {
    /// A message waits.
    pub fn push(&mut self, message: Bytes) {
        self.waiting.push_back(message);
    }

    /// The session is open on this link: from now on POSTs are numbered.
    pub fn establish(&mut self) {
        self.number = Some(0);
    }

    /// The next POST, if none is under way and something waits.
    pub fn next_post(&mut self) -> Option<Post> {
        if !self.under_way.is_empty() || self.waiting.is_empty() {
            return None;
        }
        // What opens a session cannot be cut: its messages belong together.
        let largest = self.number.map_or(usize::MAX, |_| self.largest);
        let mut size = 0;
        while let Some(message) = self.waiting.front() {
            size += room(message);
            if size > largest && !self.under_way.is_empty() {
                break;
            }
            self.under_way.extend(self.waiting.pop_front());
        }
        self.number = self.number.map(|number| number + 1);
        self.second_try = false;
        self.again()
    }

    /// The POST under way once more: the same number, and the same messages or fewer.
    #[must_use]
    pub fn again(&self) -> Option<Post> {
        (!self.under_way.is_empty()).then(|| Post {
            number: self.number,
            body: pack(&self.under_way),
        })
    }

    /// The POST under way has fared so.
    pub fn fared(&mut self, how: Fared) -> Then {
        let opening = self.number.is_none();
        match how {
            Fared::Answered => {
                self.under_way.clear();
                Then::Next
            }
            // The server may have opened a session that this page has not heard of: only a new link can tell.
            Fared::Failed if opening => Then::Gone(Why::Unreachable),
            Fared::Failed if std::mem::replace(&mut self.second_try, true) => Then::Gone(Why::Lost),
            Fared::Failed => Then::Again(AGAIN_MS),
            Fared::Stranger {
                status: TOO_LARGE, ..
            } if !opening && self.under_way.len() > 1 => {
                self.halve();
                Then::Again(0)
            }
            Fared::Stranger {
                status: TOO_MANY | UNAVAILABLE,
                retry_after_s: Some(seconds),
            } if !opening => Then::Again(seconds.saturating_mul(1_000).min(LONGEST_WAIT_MS)),
            Fared::Stranger {
                status: 200..300, ..
            } => Then::Gone(Why::Stranger),
            Fared::Stranger { status, .. } => Then::Gone(Why::Status(status)),
        }
    }

    /// Half of what is under way waits again, and no later body is larger than the rest.
    fn halve(&mut self) {
        let rest = self.under_way.split_off(self.under_way.len() / 2);
        for message in rest.into_iter().rev() {
            self.waiting.push_front(message);
        }
        self.largest = self.under_way.iter().map(room).sum();
    }
}

/// The bytes that a message takes in a packet.
fn room(message: &Bytes) -> usize {
    message.len() + var_len(message.len() as u64)
}

#[cfg(test)]
mod tests;
