//! A response's body on its way to the client: held back, damaged, or cut at its deadline.

use std::{sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use futures_util::stream;
use http_body_util::{BodyExt, StreamBody};
use hyper::{
    Response,
    body::{Frame, Incoming},
    header::CONTENT_LENGTH,
};
use tokio::{
    sync::{mpsc, oneshot},
    time::{self, Instant},
};

use super::{Body, Broken, damage::Damage};
use crate::{
    Buffering, Fault, Shared, Way,
    active::{Firing, Plan},
};

/// So much is held back of one response; then everything passes.
const HELD: usize = 1 << 20;

/// What happens to one response's body.
pub(crate) struct Course {
    buffering: Option<Buffering>,
    damage: Damage,
    deadline: Option<(Instant, Arc<Firing>)>,
}

impl Course {
    /// What the rules say; those of buffers and damage are used once, that of a lifetime when it cuts.
    pub(crate) fn new(shared: &Shared, plan: &Plan) -> Self {
        let lifetime = plan.find(|fault| match fault {
            Fault::Lifetime { ms } => Some(Duration::from_millis(*ms)),
            _ => None,
        });
        Self {
            buffering: plan.take(shared, |fault| match fault {
                Fault::Buffer(buffering) => Some(*buffering),
                _ => None,
            }),
            damage: Damage::find(shared, plan, Way::ToClient),
            deadline: lifetime
                .map(|(lifetime, firing)| (Instant::now() + lifetime, Arc::new(firing))),
        }
    }

    /// When the response is cut, and the rule that says so.
    pub(crate) fn deadline(&self) -> Option<(Instant, Arc<Firing>)> {
        self.deadline.clone()
    }
}

/// Sends a response through its course. Resolves when the client may see its head.
pub(crate) async fn through(
    shared: &Arc<Shared>,
    response: Response<Incoming>,
    course: Course,
) -> Response<Body> {
    if course.buffering.is_none() && course.damage.is_none() && course.deadline.is_none() {
        return response.map(|body| body.map_err(|_| Broken::End).boxed_unsync());
    }
    let (mut parts, incoming) = response.into_parts();
    if !course.damage.is_none() {
        // The client is to get a message that is whole and wrong, not one that is cut.
        parts.headers.remove(CONTENT_LENGTH);
    }
    // A proxy that holds the beginning holds the head with it.
    let head = !matches!(
        course.buffering,
        Some(Buffering::Whole | Buffering::Until(_))
    );
    let (out, outgoing) = mpsc::channel(1);
    let (begins, begun) = oneshot::channel();
    let gate = Gate {
        out,
        begins: Some(begins),
        held: BytesMut::new(),
        buffering: course.buffering,
    };
    tokio::spawn(pass(
        Arc::clone(shared),
        incoming,
        gate,
        course.damage,
        course.deadline,
    ));
    if !head {
        // Without a beginning there is an end, and that is seen as well.
        begun.await.ok();
    }
    let frames = stream::unfold(outgoing, async |mut outgoing| {
        let next: Result<Bytes, Broken> = outgoing.recv().await?;
        Some((next.map(Frame::data), outgoing))
    });
    Response::from_parts(parts, StreamBody::new(frames).boxed_unsync())
}

async fn pass(
    shared: Arc<Shared>,
    mut incoming: Incoming,
    mut gate: Gate,
    mut damage: Damage,
    deadline: Option<(Instant, Arc<Firing>)>,
) {
    let late = async {
        match &deadline {
            Some((at, firing)) => {
                time::sleep_until(*at).await;
                if !firing.fires(&shared) {
                    std::future::pending::<()>().await;
                }
            }
            None => std::future::pending().await,
        }
    };
    let out = gate.out.clone();
    let passing = async {
        while let Some(frame) = incoming.frame().await {
            let Ok(frame) = frame else {
                gate.end(Some(Broken::End)).await;
                return;
            };
            // Trailers are nobody's here.
            let Ok(bytes) = frame.into_data() else {
                continue;
            };
            if !gate.push(damage.next(bytes.into())).await {
                return;
            }
        }
        gate.end(None).await;
    };
    tokio::select! {
        () = passing => {}
        () = out.closed() => {}
        () = shared.stopped() => {}
        () = late => {
            shared.count(|seen| seen.cut += 1);
            out.send(Err(Broken::Cut)).await.ok();
        }
    }
}

/// What holds bytes back.
struct Gate {
    out: mpsc::Sender<Result<Bytes, Broken>>,
    begins: Option<oneshot::Sender<()>>,
    held: BytesMut,
    buffering: Option<Buffering>,
}

impl Gate {
    /// Tells whether there is still somebody to pass things to.
    async fn push(&mut self, bytes: Bytes) -> bool {
        if bytes.is_empty() {
            return true;
        }
        self.held.extend_from_slice(&bytes);
        let held = self.held.len();
        let holds = match self.buffering {
            Some(Buffering::Until(enough)) => held < enough.min(HELD),
            Some(Buffering::Whole) => held < HELD,
            // This is the first.
            Some(Buffering::AfterFirst) => self.begins.is_none() && held < HELD,
            None => false,
        };
        if holds {
            return true;
        }
        let first = self.buffering == Some(Buffering::AfterFirst) && self.begins.is_some();
        if !first {
            self.buffering = None;
        }
        self.release().await
    }

    async fn release(&mut self) -> bool {
        if let Some(begins) = self.begins.take() {
            // Nobody waits for it where the head went ahead.
            begins.send(()).ok();
        }
        self.held.is_empty() || self.out.send(Ok(self.held.split().freeze())).await.is_ok()
    }

    async fn end(&mut self, broken: Option<Broken>) {
        if self.release().await
            && let Some(broken) = broken
        {
            self.out.send(Err(broken)).await.ok();
        }
    }
}
