//! A place among the few tabs of this browser that may hold a request open, by the browser's own locks; who needs one is decided elsewhere.
use crate::browser;
use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::AbortController;

/// Over HTTP/1.1 the tabs of a browser share six connections to a server: three held open leave three for everything else.
const PLACES: [&str; 3] = ["maru-stream-0", "maru-stream-1", "maru-stream-2"];

#[wasm_bindgen]
extern "C" {
    /// `navigator.locks`.
    type Locks;

    #[wasm_bindgen(method)]
    fn request(this: &Locks, name: &str, options: &JsValue, held: &Function) -> Promise;
}

/// A place. Dropping it gives it to the next.
pub struct Slot {
    release: Function,
}

impl Drop for Slot {
    fn drop(&mut self) {
        drop(self.release.call0(&JsValue::NULL));
    }
}

/// Waiting for a place. Dropping it gives up.
pub struct Queued(AbortController);

impl Drop for Queued {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Whether places are to be shared at all: requests of this page share few connections, and the browser has locks.
#[must_use]
pub fn are_few() -> bool {
    browser::is_http_1() && locks().is_some()
}

/// Takes a free place, if there is one.
pub async fn take() -> Option<Slot> {
    let options = option("ifAvailable", &JsValue::TRUE);
    for place in PLACES {
        if let Some(slot) = request(place, &options).await {
            return Some(slot);
        }
    }
    None
}

/// Waits for a place, and hands it over as soon as one is free.
#[must_use]
pub fn queue(granted: impl FnOnce(Slot) + 'static) -> Option<Queued> {
    let abort = AbortController::new().ok()?;
    let options = option("signal", &abort.signal());
    let place = PLACES[(browser::random() % PLACES.len() as u64) as usize];
    spawn_local(async move {
        if let Some(slot) = request(place, &options).await {
            granted(slot);
        }
    });
    Some(Queued(abort))
}

async fn request(place: &str, options: &JsValue) -> Option<Slot> {
    let locks = locks()?;
    let mut release = None;
    // The lock is held until this promise is kept.
    let hold = Promise::new(&mut |resolve, _| release = Some(resolve));
    let granted = Promise::new(&mut |resolve, _| {
        let (hold, answer) = (hold.clone(), resolve.clone());
        let held = Closure::once_into_js(move |lock: JsValue| -> JsValue {
            drop(answer.call1(&JsValue::NULL, &lock));
            if lock.is_falsy() {
                JsValue::UNDEFINED
            } else {
                hold.into()
            }
        });
        let request = locks.request(place, options, held.unchecked_ref());
        spawn_local(async move {
            if JsFuture::from(request).await.is_err() {
                drop(resolve.call0(&JsValue::NULL));
            }
        });
    });
    let lock = JsFuture::from(granted).await.ok()?;
    if lock.is_falsy() {
        return None;
    }
    Some(Slot { release: release? })
}

fn option(name: &str, value: &JsValue) -> JsValue {
    let options = js_sys::Object::new();
    // A plain object takes every key.
    drop(Reflect::set(&options, &name.into(), value));
    options.into()
}

/// Absent on pages served without TLS from another machine.
fn locks() -> Option<Locks> {
    let locks = Reflect::get(&web_sys::window()?.navigator(), &"locks".into()).ok()?;
    locks.is_object().then(|| locks.unchecked_into())
}
