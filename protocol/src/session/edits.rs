//! What a session does with DATA: each is taken once and in order, and is told as saved when it is durable; frames and presence are not its affair.

use bytes::Bytes;

use super::{
    EMPTY_UPDATE, Ended, Received, Session,
    outcome::{MAX_FOREIGN, refusal, too_fast},
};
use crate::{
    frame::{ErrorCode, Role},
    room::{Admitted, Refused, Room},
    sync::Message,
};

/// How many steps of one session are told as saved one by one; beyond it, while a disk is slow or broken, several as one.
pub(super) const MAX_WAITING: usize = 1_024;

/// What a reader is told who writes.
pub(super) const MAY_NOT_WRITE: &str = "you may read this document and not change it; what you wrote is in your page only: copy it, or ask for a link that allows editing";

/// The update in a message.
pub(super) fn payload(message: &Bytes, decoded: &Message<'_>) -> Bytes {
    match decoded {
        Message::Step2(update) | Message::Update(update) => message.slice_ref(update),
        _ => Bytes::new(),
    }
}

impl Session {
    pub(super) fn data(
        &mut self,
        seq: u64,
        message: &Bytes,
        room: &mut Room,
        now_ms: u64,
    ) -> Result<Received, Ended> {
        if seq <= self.applied {
            // Sent again after a lost answer: tell once more what is saved.
            self.saved_told = 0;
            return Ok(Received::Nothing);
        }
        if seq != self.applied + 1 {
            // A network that reorders or loses is not the client's fault: it resumes, and sends again what is due.
            return Err(Ended::new(
                ErrorCode::Incomplete,
                format!("DATA {} came where {} was due", seq, self.applied + 1),
            ));
        }
        if !self.pace.allows(now_ms) {
            return Err(too_fast());
        }
        let decoded = Message::decode(message)
            .map_err(|error| Ended::new(ErrorCode::Protocol, error.to_string()))?;
        if self.role == Role::Read
            && matches!(decoded, Message::Update(edit) | Message::Step2(edit) if edit != EMPTY_UPDATE)
        {
            return Err(Ended::new(ErrorCode::ReadOnly, MAY_NOT_WRITE));
        }
        let admitted = match decoded {
            Message::Step1(vector) => {
                self.asked = Some(message.slice_ref(vector));
                self.lost = false;
                self.applied = seq;
                if !self.lacking {
                    self.wait(seq, room.head(), room);
                }
                return Ok(Received::Nothing);
            }
            Message::Update(_) if self.lacking => {
                // What the client sends as its state will hold this as well; until then nothing is saved.
                self.applied = seq;
                return Ok(Received::Nothing);
            }
            Message::Update(update) => room.admit(update, Some(message), self.author),
            Message::Step2(update) => room.admit(update, None, self.author),
            _ => {
                return Err(Ended::new(
                    ErrorCode::Protocol,
                    "a DATA carries a sync message",
                ));
            }
        };
        self.pace.pay(&admitted, room);
        match admitted {
            Ok(Admitted::New { n, update }) => {
                self.lacking = false;
                self.foreign = 0;
                self.applied = seq;
                self.wait(seq, n, room);
                Ok(Received::Append { n, update })
            }
            Ok(Admitted::Known { n }) => {
                self.lacking = false;
                self.foreign = 0;
                self.applied = seq;
                self.wait(seq, n, room);
                Ok(Received::Nothing)
            }
            Err(Refused::Heavy) => Ok(Received::Weigh {
                update: payload(message, &decoded),
            }),
            Err(refused @ (Refused::Incomplete | Refused::Foreign)) => {
                if refused == Refused::Foreign {
                    self.foreign += 1;
                    if self.foreign > MAX_FOREIGN {
                        return Err(refusal(&refused));
                    }
                }
                self.applied = seq;
                self.lacking = true;
                self.ask_for_state();
                Ok(Received::Nothing)
            }
            Err(refused) => Err(refusal(&refused)),
        }
    }

    fn wait(&mut self, seq: u64, n: u64, room: &Room) {
        // Several DATA that wait for one entry are told as one. Telling more of them as one tells them later, never too early.
        let full = self.waiting.len() >= MAX_WAITING;
        match self.waiting.back_mut() {
            Some(last) if full || last.1 == n => *last = (seq, n),
            _ => self.waiting.push_back((seq, n)),
        }
        self.saved = self.settle(room);
    }

    fn settle(&mut self, room: &Room) -> u64 {
        while let Some((seq, n)) = self.waiting.front()
            && *n <= room.durable()
        {
            self.saved = *seq;
            self.waiting.pop_front();
        }
        self.saved
    }

    /// The newest DATA that has become durable since the last call.
    pub(super) fn newly_saved(&mut self, room: &Room) -> Option<u64> {
        let saved = self.settle(room);
        (saved > self.saved_told).then(|| {
            self.saved_told = saved;
            saved
        })
    }
}
