//! Which tabs of one browser may hold a request open, where they share few connections: a plain rule; the places are `transport::slot`'s.
use protocol::ladder::Rung;

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Take a free place, and tell whether there was one.
    Take,
    /// Wait for a place, and tell when it comes.
    Queue,
    /// Give the place back, or wait for it no longer.
    Leave,
    /// Of the transports that work by requests, none better than this.
    Ceiling(Option<Rung>),
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Place {
    #[default]
    None,
    Asked,
    Queued,
    Held,
}

/// One tab among others.
#[derive(Debug, Clone, Copy)]
pub struct Crowd {
    /// Connections are few.
    few: bool,
    visible: bool,
    rung: Option<Rung>,
    place: Place,
    low: bool,
}

impl Crowd {
    /// A visible tab. Where connections are not `few` nothing is ever to be done.
    #[must_use]
    pub fn new(few: bool) -> Self {
        Self {
            few,
            visible: true,
            rung: None,
            place: Place::None,
            low: false,
        }
    }

    /// This transport is opened or in use.
    pub fn uses(&mut self, rung: Option<Rung>) -> Vec<Step> {
        self.rung = rung;
        self.settle()
    }

    /// Somebody looks at the tab, or nobody has for a while.
    pub fn visible(&mut self, visible: bool) -> Vec<Step> {
        self.visible = visible;
        self.settle()
    }

    /// There is a place.
    pub fn granted(&mut self) -> Vec<Step> {
        self.place = Place::Held;
        let mut steps = self.settle();
        if self.place == Place::Held {
            steps.extend(self.lower(false));
        }
        steps
    }

    /// [`Step::Take`] found none.
    pub fn refused(&mut self) -> Vec<Step> {
        self.place = Place::None;
        if !self.needs() {
            return Vec::new();
        }
        self.place = Place::Queued;
        let mut steps = vec![Step::Queue];
        steps.extend(self.lower(true));
        steps
    }

    fn holds_open(&self) -> bool {
        matches!(self.rung, Some(Rung::EventStream | Rung::LongPoll))
    }

    fn needs(&self) -> bool {
        self.few && self.visible && (self.holds_open() || self.low)
    }

    fn settle(&mut self) -> Vec<Step> {
        let mut steps = Vec::new();
        if !self.few {
            return steps;
        }
        if self.rung == Some(Rung::WebSocket) {
            steps.extend(self.lower(false));
        }
        match (self.needs(), self.place) {
            (true, Place::None) => {
                self.place = Place::Asked;
                steps.push(Step::Take);
            }
            (false, Place::Queued | Place::Held) => {
                self.place = Place::None;
                steps.push(Step::Leave);
            }
            _ => {}
        }
        if !self.visible && self.holds_open() {
            steps.extend(self.lower(true));
        }
        steps
    }

    fn lower(&mut self, low: bool) -> Option<Step> {
        (std::mem::replace(&mut self.low, low) != low)
            .then_some(Step::Ceiling(low.then_some(Rung::ShortPoll)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOW: Step = Step::Ceiling(Some(Rung::ShortPoll));
    const FREE: Step = Step::Ceiling(None);

    #[test]
    fn a_tab_on_websocket_takes_no_place() {
        let mut crowd = Crowd::new(true);
        assert_eq!(crowd.uses(Some(Rung::WebSocket)), []);
        assert_eq!(crowd.visible(false), []);
        assert_eq!(crowd.visible(true), []);
    }

    #[test]
    fn where_connections_are_many_nothing_is_done() {
        let mut crowd = Crowd::new(false);
        assert_eq!(crowd.uses(Some(Rung::EventStream)), []);
        assert_eq!(crowd.visible(false), []);
    }

    #[test]
    fn a_tab_without_a_place_polls_shortly_until_one_is_free() {
        let mut crowd = Crowd::new(true);
        assert_eq!(crowd.uses(Some(Rung::EventStream)), [Step::Take]);
        assert_eq!(crowd.uses(Some(Rung::EventStream)), [], "asked once");
        assert_eq!(crowd.refused(), [Step::Queue, LOW]);
        assert_eq!(crowd.uses(Some(Rung::ShortPoll)), [], "it goes on waiting");
        assert_eq!(crowd.granted(), [FREE]);
        assert_eq!(crowd.uses(Some(Rung::EventStream)), []);
        assert_eq!(crowd.uses(Some(Rung::WebSocket)), [Step::Leave]);
    }

    #[test]
    fn a_hidden_tab_gives_its_place_to_others_and_asks_again_when_it_is_shown() {
        let mut crowd = Crowd::new(true);
        crowd.uses(Some(Rung::LongPoll));
        assert_eq!(crowd.granted(), []);
        assert_eq!(crowd.visible(false), [Step::Leave, LOW]);
        assert_eq!(crowd.uses(Some(Rung::ShortPoll)), []);
        assert_eq!(crowd.visible(true), [Step::Take]);
        assert_eq!(crowd.granted(), [FREE]);
    }

    #[test]
    fn a_place_that_comes_too_late_is_given_back() {
        let mut crowd = Crowd::new(true);
        crowd.uses(Some(Rung::EventStream));
        crowd.uses(Some(Rung::WebSocket));
        assert_eq!(crowd.granted(), [Step::Leave]);
        crowd.uses(Some(Rung::EventStream));
        crowd.uses(Some(Rung::WebSocket));
        assert_eq!(crowd.refused(), []);
    }

    #[test]
    fn who_is_short_by_itself_wants_no_place() {
        let mut crowd = Crowd::new(true);
        assert_eq!(crowd.uses(Some(Rung::ShortPoll)), []);
        crowd.uses(Some(Rung::LongPoll));
        crowd.granted();
        assert_eq!(crowd.uses(Some(Rung::ShortPoll)), [Step::Leave]);
    }
}
