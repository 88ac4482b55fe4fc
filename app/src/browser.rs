//! The browser as the page uses it beside the editor and the sockets: clock, randomness, storage, clipboard, the document's head. Safe wrappers, no decisions.
use crate::keep::{Keep, Shelf};
use leptos::ev::{Event, EventDescriptor};
use leptos::prelude::*;
use std::time::Duration;
use wasm_bindgen::JsCast;
use wasm_bindgen::JsValue;

/// Milliseconds since the page was opened; never goes back.
#[must_use]
pub fn now() -> u64 {
    window()
        .performance()
        .map_or(0, |clock| clock.now().max(0.0) as u64)
}

/// The same as finely as the browser tells.
#[must_use]
pub fn instant() -> f64 {
    window().performance().map_or(0.0, |clock| clock.now())
}

/// Milliseconds of the time of day since 1970.
#[must_use]
pub fn wall() -> u64 {
    js_sys::Date::now().max(0.0) as u64
}

/// A moment of [`now`] by ISO 8601.
#[must_use]
pub fn iso(at: u64) -> String {
    let ms = (wall() + at).saturating_sub(now());
    let date = js_sys::Date::new(&JsValue::from_f64(ms as f64));
    date.to_iso_string().into()
}

/// What is to be added to a moment of [`now`] to get the milliseconds since some midnight where the reader is.
#[must_use]
pub fn since_midnight() -> u64 {
    let ahead_ms = -js_sys::Date::new_0().get_timezone_offset() * 60_000.0;
    let local = wall().saturating_add_signed(ahead_ms as i64);
    local.saturating_sub(now())
}

/// Waits so many milliseconds.
pub async fn sleep(ms: u64) {
    sleep_lightly(ms).0.await;
}

/// Ends a [`sleep_lightly`].
pub struct Sleeper(Option<js_sys::Function>);

impl Sleeper {
    /// Now. Nothing happens when it is over already.
    pub fn wake(self) {
        if let Some(wake) = self.0 {
            drop(wake.call0(&JsValue::NULL));
        }
    }
}

/// Waits so many milliseconds, or until it is woken.
pub fn sleep_lightly(ms: u64) -> (impl Future<Output = ()>, Sleeper) {
    let mut sleeper = Sleeper(None);
    let promise = js_sys::Promise::new(&mut |resolve, _| {
        let ms = i32::try_from(ms).unwrap_or(i32::MAX);
        let timer = window().set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, ms);
        warn_if_failed(timer, "no timer could be set");
        sleeper.0 = Some(resolve);
    });
    let sleep = async move {
        drop(wasm_bindgen_futures::JsFuture::from(promise).await);
    };
    (sleep, sleeper)
}

/// Whether the page came by HTTP/1, where all tabs together have six connections to a server.
#[must_use]
pub fn is_http_1() -> bool {
    let entries = window()
        .performance()
        .map(|clock| clock.get_entries_by_type("navigation"));
    entries.is_some_and(|entries| {
        js_sys::Reflect::get(&entries.get(0), &"nextHopProtocol".into())
            .ok()
            .and_then(|name| name.as_string())
            .is_some_and(|name| name.starts_with("http/1"))
    })
}

/// 64 random bits from the browser's source for secrets.
#[must_use]
pub fn random() -> u64 {
    let mut bytes = [0; 8];
    // Every browser that runs wasm has it; without it the clock still tells pages apart.
    match window()
        .crypto()
        .and_then(|crypto| crypto.get_random_values_with_u8_array(&mut bytes))
    {
        Ok(_) => u64::from_le_bytes(bytes),
        Err(_) => js_sys::Date::now().to_bits() ^ now(),
    }
}

/// The bytes that a text in base64 stands for, in either alphabet, padded or not; by the browser's own decoder, since a
/// library's weighs as much as a transport.
#[must_use]
pub fn from_base64(text: &str) -> Option<Vec<u8>> {
    let latin = window()
        .atob(&text.replace('-', "+").replace('_', "/"))
        .ok()?;
    Some(latin.chars().map(|byte| byte as u8).collect())
}

/// The text of a data block of the page.
#[must_use]
pub fn data(id: &str) -> Option<String> {
    document().get_element_by_id(id)?.text_content()
}

/// An attribute of `<html>`.
#[must_use]
pub fn root_attribute(name: &str) -> Option<String> {
    document().document_element()?.get_attribute(name)
}

/// Sets an attribute of `<html>`.
pub fn set_root_attribute(name: &str, value: &str) {
    if let Some(root) = document().document_element() {
        warn_if_failed(
            root.set_attribute(name, value),
            "an attribute could not be set",
        );
    }
}

/// Remembers a choice for a year where the server sees it too.
pub fn set_cookie(name: &str, value: &str) {
    let cookie = format!("{name}={value}; Path=/; Max-Age=31536000; SameSite=Lax");
    if let Ok(document) = document().dyn_into::<web_sys::HtmlDocument>() {
        warn_if_failed(
            document.set_cookie(&cookie),
            "a choice could not be remembered",
        );
    }
}

/// A cookie of this page.
#[must_use]
pub fn cookie(name: &str) -> Option<String> {
    let all = document()
        .dyn_into::<web_sys::HtmlDocument>()
        .ok()?
        .cookie()
        .ok()?;
    all.split("; ").find_map(|pair| {
        pair.strip_prefix(name)?
            .strip_prefix('=')
            .map(str::to_owned)
    })
}

/// What this browser remembers for itself. One that refuses to remember only forgets.
#[derive(Clone, Copy, Debug)]
pub enum Memory {
    /// Of every tab.
    All,
    /// Of this tab alone.
    Tab,
}

impl Memory {
    fn storage(self) -> Option<web_sys::Storage> {
        let storage = match self {
            Self::All => window().local_storage(),
            Self::Tab => window().session_storage(),
        };
        storage.ok().flatten()
    }
}

impl Shelf for Memory {
    fn get(&self, key: &str) -> Option<String> {
        self.storage()?.get_item(key).ok().flatten()
    }

    fn set(&self, key: &str, value: &str) {
        if let Some(storage) = self.storage() {
            drop(storage.set_item(key, value));
        }
    }

    fn remove(&self, key: &str) {
        if let Some(storage) = self.storage() {
            drop(storage.remove_item(key));
        }
    }
}

/// The passes to documents that this browser keeps.
pub const PASSES: Keep<Memory> = Keep {
    tab: Memory::Tab,
    all: Memory::All,
};

/// Something this browser remembers for itself; none also when it refuses to remember.
#[must_use]
pub fn stored(key: &str) -> Option<String> {
    Memory::All.get(key)
}

/// Remembers something in this browser; a browser that refuses only forgets it.
pub fn store(key: &str, value: &str) {
    Memory::All.set(key, value);
}

/// Remembers something no longer.
pub fn forget(key: &str) {
    Memory::All.remove(key);
}

/// The title of the tab.
pub fn set_title(title: &str) {
    document().set_title(title);
}

/// The address of the page without what follows `#`.
#[must_use]
pub fn address() -> String {
    let href = window().location().href().unwrap_or_default();
    href.split('#').next().unwrap_or_default().to_owned()
}

/// The address of a WebSocket on the page's own server.
#[must_use]
pub fn socket_address(path: &str) -> String {
    let location = window().location();
    let secure = location
        .protocol()
        .is_ok_and(|protocol| protocol == "https:");
    format!(
        "{}://{}{path}",
        if secure { "wss" } else { "ws" },
        location.host().unwrap_or_default()
    )
}

/// Puts a text into the clipboard; false when the browser refuses.
pub async fn copy(text: &str) -> bool {
    // Absent on pages served without TLS from another machine.
    let clipboard = js_sys::Reflect::get(&window().navigator(), &JsValue::from_str("clipboard"));
    if clipboard.is_ok_and(|clipboard| clipboard.is_undefined()) {
        return false;
    }
    wasm_bindgen_futures::JsFuture::from(window().navigator().clipboard().write_text(text))
        .await
        .is_ok()
}

/// Offers a text as a file.
pub fn download(name: &str, text: &str) {
    let offer = || -> Result<(), JsValue> {
        let blob =
            web_sys::Blob::new_with_str_sequence(&js_sys::Array::of1(&JsValue::from_str(text)))?;
        let url = web_sys::Url::create_object_url_with_blob(&blob)?;
        let link: web_sys::HtmlAnchorElement = document().create_element("a")?.unchecked_into();
        link.set_href(&url);
        link.set_download(name);
        link.click();
        // The browser has read the address by then.
        set_timeout(
            move || drop(web_sys::Url::revoke_object_url(&url)),
            Duration::from_secs(60),
        );
        Ok(())
    };
    warn_if_failed(offer(), "the file could not be offered");
}

/// A text that a script put into the page's global scope.
#[must_use]
pub fn global(name: &str) -> Option<String> {
    js_sys::Reflect::get(&window(), &name.into())
        .ok()?
        .as_string()
}

/// Loads the page anew.
pub fn reload() {
    warn_if_failed(
        window().location().reload(),
        "the page could not be loaded anew",
    );
}

/// Whether nobody can see the page.
#[must_use]
pub fn hidden() -> bool {
    document().hidden()
}

/// Whether the screen is at least so wide, in CSS pixels.
#[must_use]
pub fn is_wide(px: u32) -> bool {
    window()
        .match_media(&format!("(min-width: {px}px)"))
        .ok()
        .flatten()
        .is_none_or(|query| query.matches())
}

/// Calls back at an event of the window as long as the page lives.
pub fn on<E: EventDescriptor + 'static>(event: E, act: impl Fn(E::EventType) + 'static)
where
    E::EventType: JsCast,
{
    std::mem::forget(window_event_listener(event, act));
}

/// Calls back when the page is hidden or shown, as long as it lives.
pub fn on_visibility(act: impl Fn() + 'static) {
    let act = wasm_bindgen::closure::Closure::<dyn Fn(Event)>::new(move |_| act());
    let listen = document()
        .add_event_listener_with_callback("visibilitychange", act.as_ref().unchecked_ref());
    warn_if_failed(listen, "the page does not learn when it is hidden");
    act.forget();
}

/// An element of the page.
#[must_use]
pub fn element(id: &str) -> Option<web_sys::HtmlElement> {
    document().get_element_by_id(id)?.dyn_into().ok()
}

/// Reports what only a developer can do something about.
pub fn report(what: &str) {
    leptos::logging::error!("{what}");
}

fn warn_if_failed<T>(result: Result<T, JsValue>, what: &str) {
    if let Err(error) = result {
        leptos::logging::warn!("{what}: {error:?}");
    }
}
