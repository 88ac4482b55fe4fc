//! What a link of HTTP is told in answers: to requests that the server holds until there is news, or that come now and then.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use protocol::{
    connection::{LinkId, Why},
    ladder::Rung,
};
use tokio::{sync::Notify, time};

use super::{
    Opened,
    request::{self, Answer},
};
use crate::page::Shared;

/// A short poll comes so soon after something was sent.
const SOON: Duration = Duration::from_millis(150);
/// The time between two short polls while there is news.
const BUSY: Duration = Duration::from_secs(1);
/// The longest time between two.
const IDLE: Duration = Duration::from_secs(6);

/// Polls until the link ends.
pub(super) async fn read(
    shared: &Arc<Shared>,
    link: LinkId,
    opened: &Opened,
    rung: Rung,
    sent: &Notify,
) -> Why {
    let short = rung == Rung::ShortPoll;
    let wait = if short { 0 } else { opened.hold_s };
    let mut pause = BUSY;
    let mut number = 1;
    loop {
        let path = format!("/rt/1/poll?n={number}&wait={wait}");
        let authorization = Some(opened.authorization.as_str());
        let response = request::send(shared.server, "GET", &path, authorization, Bytes::new());
        match request::packet(response.await).await {
            Answer::Ours(messages, refused) => {
                pause = if messages.is_empty() {
                    pause.mul_f64(1.6).min(IDLE)
                } else {
                    BUSY
                };
                if messages.is_empty() {
                    shared.alive(link);
                }
                for message in messages {
                    shared.message(link, message);
                }
                if refused {
                    return Why::Lost;
                }
            }
            Answer::Later(wait) => {
                time::sleep(wait).await;
                continue;
            }
            Answer::None => return Why::Lost,
            Answer::TooLarge => return Why::Status(413),
            Answer::Other(why) => return why,
        }
        number += 1;
        if short {
            tokio::select! {
                () = time::sleep(pause) => {}
                () = sent.notified() => time::sleep(SOON).await,
            }
        }
    }
}
