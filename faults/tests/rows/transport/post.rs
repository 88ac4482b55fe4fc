//! What a link of HTTP sends: one POST at a time, everything that waits in the next one.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use bytes::Bytes;
use protocol::{
    connection::{LinkId, Why},
    frame::packet::pack,
};
use tokio::{
    sync::{Notify, watch},
    time,
};

use super::{
    Opened, Outgoing,
    request::{self, Answer},
};
use crate::page::Shared;

/// The largest body, unless one message is larger.
const LARGEST: usize = 64 << 10;
/// Before a POST that got no answer is sent again.
const AGAIN: Duration = Duration::from_millis(300);

/// Posts until the link ends. Gives no reason when the page closed it, which it does only after everything was sent.
pub(super) async fn write(
    shared: &Arc<Shared>,
    link: LinkId,
    mut outgoing: Outgoing,
    opened: &watch::Receiver<Option<Opened>>,
    sent: &Notify,
) -> Option<Why> {
    let mut waiting = VecDeque::new();
    let mut largest = LARGEST;
    let mut number = 0;
    loop {
        if waiting.is_empty() {
            waiting.push_back(outgoing.recv().await?);
        }
        while let Ok(message) = outgoing.try_recv() {
            waiting.push_back(message);
        }
        let opened = opened.borrow().clone();
        let path = match opened {
            Some(_) => format!("/rt/1/send?n={}", number + 1),
            None => "/rt/1/session".to_owned(),
        };
        let authorization = opened.as_ref().map(|opened| opened.authorization.as_str());
        let count = fitting(&waiting, largest);
        let packet = pack(waiting.range(..count));
        let mut tries = 0;
        let answer = loop {
            let response =
                request::send(shared.server, "POST", &path, authorization, packet.clone());
            tries += 1;
            match request::packet(response.await).await {
                Answer::Later(wait) => time::sleep(wait).await,
                // Nobody knows whether the first one arrived. The server knows it by its number.
                Answer::None if opened.is_some() && tries == 1 => time::sleep(AGAIN).await,
                answer => break answer,
            }
        };
        match answer {
            Answer::Ours(messages, refused) => {
                waiting.drain(..count);
                number += u64::from(opened.is_some());
                sent.notify_one();
                for message in messages {
                    shared.message(link, message);
                }
                // A refused RESUME may be followed by HELLO on the same link; after a refused POST there is nothing more.
                if refused && opened.is_some() {
                    return Some(Why::Lost);
                }
            }
            Answer::TooLarge if count > 1 => largest = size(waiting.range(..count)) / 2,
            Answer::TooLarge => return Some(Why::Status(413)),
            Answer::None if opened.is_some() => return Some(Why::Lost),
            Answer::None => return Some(Why::Unreachable),
            Answer::Other(why) => return Some(why),
            Answer::Later(_) => unreachable!("it was waited for"),
        }
    }
}

/// How many of the messages that wait fit into a body; at least one.
fn fitting(waiting: &VecDeque<Bytes>, largest: usize) -> usize {
    (1..=waiting.len())
        .take_while(|count| *count == 1 || size(waiting.range(..*count)) <= largest)
        .count()
}

fn size<'a>(messages: impl Iterator<Item = &'a Bytes>) -> usize {
    messages.map(|message| message.len() + 3).sum()
}
