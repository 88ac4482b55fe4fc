//! How the simulated server takes in what may have to be tried first; here trials cost nothing.

use protocol::{
    room::Room,
    session::{Ended, Received},
};

/// Takes in a message, after a trial where the room asks for one.
pub(super) fn weighing(
    room: &mut Room,
    author: u64,
    mut take: impl FnMut(&mut Room) -> Result<Received, Ended>,
) -> Result<Received, Ended> {
    let mut received = take(room);
    while let Ok(Received::Weigh { update }) = received {
        let weighed = room.trial(update, author).run(|| 0);
        room.weighed(Some(weighed));
        received = take(room);
        room.weighed(None);
    }
    received
}
