//! One request and its response: what the rules that match it do to them. Bytes of connections are not its business.

use std::{convert::Infallible, fmt, future::pending, sync::Arc, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited, combinators::UnsyncBoxBody};
use hyper::{
    Method, Request, Response, StatusCode,
    body::Incoming,
    header::{CONTENT_LENGTH, UPGRADE},
};
use tokio::time;

use crate::{
    Fault, Shared, Way,
    active::{Firing, Plan},
};
use body::Course;
use damage::Damage;
use upstream::Arrival;

mod body;
mod damage;
mod tunnel;
mod upstream;

/// A larger body is refused before any rule is asked.
const LARGEST_BODY: usize = 8 << 20;

/// The answer to one request; an error ends the connection without one.
pub(crate) async fn exchange(
    shared: Arc<Shared>,
    request: Request<Incoming>,
) -> Result<Response<Body>, Broken> {
    let path = request.uri().path().to_owned();
    let whole = request.uri().path_and_query().map_or("/", |it| it.as_str());
    let upgrade = request.headers().contains_key(UPGRADE);
    let plan = Plan::new(shared.active(), whole, upgrade);
    shared.count(|seen| {
        seen.requested(&path);
        seen.upgrades += u64::from(upgrade);
    });
    let answer = if upgrade {
        upgraded(&shared, &plan, request).await
    } else {
        ordinary(&shared, &plan, request).await
    };
    shared.count(|seen| match &answer {
        Ok(response) => seen.answered(&path, response.status().as_u16()),
        Err(Broken::Cut) => seen.cut += 1,
        Err(Broken::End) => {}
    });
    answer
}

async fn ordinary(
    shared: &Arc<Shared>,
    plan: &Plan,
    request: Request<Incoming>,
) -> Result<Response<Body>, Broken> {
    let course = Course::new(shared, plan);
    let deadline = course.deadline();
    let answer = answered(shared, plan, request, course);
    let Some((at, firing)) = deadline else {
        return answer.await;
    };
    match time::timeout_at(at, answer).await {
        Ok(answer) => answer,
        Err(_) if firing.fires(shared) => Err(Broken::Cut),
        Err(_) => Err(Broken::End),
    }
}

async fn answered(
    shared: &Arc<Shared>,
    plan: &Plan,
    request: Request<Incoming>,
    course: Course,
) -> Result<Response<Body>, Broken> {
    let (mut parts, body) = request.into_parts();
    let collected = Limited::new(body, LARGEST_BODY).collect().await;
    let body = collected.map_err(|_| Broken::End)?.to_bytes();
    if let Some(answer) = before(shared, plan, body.len()).await {
        return answer;
    }
    // It says its length anew.
    let body = Damage::find(shared, plan, Way::ToServer).whole(body);
    if parts.headers.contains_key(CONTENT_LENGTH) {
        parts.headers.insert(CONTENT_LENGTH, body.len().into());
    }
    let posted = parts.method != Method::GET && parts.method != Method::HEAD;
    let request = Request::from_parts(parts, body);
    let arrival = Arrival::new(shared, plan);
    let asked = async {
        if posted || arrival.is_odd() {
            upstream::regardless(shared, request, arrival).await
        } else {
            upstream::forward(shared, request).await
        }
    };
    let patience = plan.find(|fault| match fault {
        Fault::GiveUp { after_ms, status } => Some((Duration::from_millis(*after_ms), *status)),
        _ => None,
    });
    let response = match patience {
        None => asked.await?,
        Some(((patience, status), firing)) => match time::timeout(patience, asked).await {
            Ok(response) => response?,
            Err(_) if firing.fires(shared) => return own(status, &[], "no answer in time\n"),
            Err(_) => return Err(Broken::End),
        },
    };
    let lost = plan.find(|fault| match fault {
        Fault::LoseResponse { larger_than } => Some(*larger_than),
        _ => None,
    });
    if let Some((larger_than, firing)) = lost {
        return whole_or_lost(shared, response, larger_than, &firing).await;
    }
    Ok(body::through(shared, response, course).await)
}

/// What the proxy does instead of asking the server.
async fn before(
    shared: &Shared,
    plan: &Plan,
    length: usize,
) -> Option<Result<Response<Body>, Broken>> {
    let answer = plan.take(shared, |fault| match fault {
        Fault::Answer {
            status,
            headers,
            body,
        } => Some(own(*status, headers, body)),
        Fault::LargerThan { bytes } if length > *bytes => Some(own(413, &[], "too large\n")),
        Fault::Lose => Some(Err(Broken::Cut)),
        _ => None,
    });
    if answer.is_some() {
        return answer;
    }
    plan.take(shared, |fault| (*fault == Fault::Swallow).then_some(()))?;
    pending().await
}

async fn upgraded(
    shared: &Arc<Shared>,
    plan: &Plan,
    request: Request<Incoming>,
) -> Result<Response<Body>, Broken> {
    match before(shared, plan, 0).await {
        Some(answer) => answer,
        None => tunnel::open(shared, plan, request).await,
    }
}

/// Reads the server's answer to its end, and loses it if the rule wants that one.
async fn whole_or_lost(
    shared: &Shared,
    response: Response<Incoming>,
    larger_than: Option<usize>,
    firing: &Firing,
) -> Result<Response<Body>, Broken> {
    let (parts, body) = response.into_parts();
    let body = body.collect().await.map_err(|_| Broken::End)?.to_bytes();
    if larger_than.is_none_or(|bytes| body.len() > bytes) && firing.fires(shared) {
        return Err(Broken::Cut);
    }
    Ok(Response::from_parts(parts, full(body)))
}

/// An answer of the proxy's own.
fn own(status: u16, headers: &[(String, String)], body: &str) -> Result<Response<Body>, Broken> {
    let mut response = Response::builder().status(status);
    let typed = headers
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    if !typed {
        response = response.header("content-type", "text/plain");
    }
    for (name, value) in headers {
        response = response.header(name, value);
    }
    let response = response.body(full(body.to_owned()));
    // A rule can be written wrongly; the test that wrote it is to see why.
    Ok(response.unwrap_or_else(|error| {
        let mut wrong = Response::new(full(format!("this fault is no answer: {error}\n")));
        *wrong.status_mut() = StatusCode::NOT_IMPLEMENTED;
        wrong
    }))
}

/// What goes to the client.
pub(crate) type Body = UnsyncBoxBody<Bytes, Broken>;

fn full(body: impl Into<Bytes>) -> Body {
    Full::new(body.into())
        .map_err(|never: Infallible| match never {})
        .boxed_unsync()
}

/// Why a connection ends in the middle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Broken {
    /// A fault wanted it.
    Cut,
    /// The server, or the client, ended or cannot be reached.
    End,
}

impl fmt::Display for Broken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Cut => "cut by a fault",
            Self::End => "ended",
        })
    }
}

impl std::error::Error for Broken {}
