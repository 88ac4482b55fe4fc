//! The mark of the house: a floor laid as 우물마루, short boards between long beams.
use leptos::prelude::*;

// As constants: Leptos would make an element that is wholly written out in the macro from a string of HTML, which the page's
// policy refuses (Trusted Types).
const BOARDS: &str = "M11 3v26M21 3v26M3 12h8M3 21h8M11 8h10M11 16h10M11 24h10M21 12h8M21 21h8";
const FRAME: &str = "26";

/// The mark, in the colour of the text around it.
#[component]
pub fn Mark() -> impl IntoView {
    view! {
        <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
            <path d=BOARDS />
            <rect x="3" y="3" width=FRAME height=FRAME rx="6" />
        </svg>
    }
}

/// A stretch of floor, seen as one comes in. Decoration only.
#[component]
pub fn Floor() -> impl IntoView {
    view! {
        <svg class="floor" viewBox="0 0 1200 150" preserveAspectRatio="xMidYMin slice" aria-hidden="true">
            // Beams run to a point far above; boards lie across, closer to each other the farther they are.
            <path class="beams" d="M480 0L300 150M600 0v150M720 0l180 150M360 0L0 150M840 0l360 150M240 0L-300 150M960 0l540 150M120 0L-600 150M1080 0l720 150M0 0L-900 150M1200 0l900 150" />
            <path class="boards" d="M0 1h1200M228 10h120M468 10h132M732 10h120M972 10h132M0 10h96M336 20h120M600 20h144M864 20h120M60 20h144M1140 20h60M156 34h144M436 34h164M768 34h136M1072 34h128M272 54h136M600 54h184M984 54h152M0 54h120M96 82h150M364 82h236M832 82h188M156 120h196M600 120h274M1128 120h72" />
        </svg>
    }
}
