//! How long a link works: what is offered, and how the rest of it is told.

/// How long a link works, as offered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lifetime {
    /// An hour.
    Hour,
    /// A day.
    Day,
    /// A week.
    #[default]
    Week,
    /// Until it is revoked.
    Ever,
}

impl Lifetime {
    /// All, the shortest first.
    pub const ALL: [Self; 4] = [Self::Hour, Self::Day, Self::Week, Self::Ever];

    /// In seconds; `None` for one without end.
    #[must_use]
    pub fn seconds(self) -> Option<u64> {
        match self {
            Self::Hour => Some(3_600),
            Self::Day => Some(86_400),
            Self::Week => Some(604_800),
            Self::Ever => None,
        }
    }

    /// The same as a field of JSON.
    pub(super) fn field(self) -> String {
        self.seconds().map_or_else(
            || r#""expires_s":null"#.to_owned(),
            |seconds| format!(r#""expires_s":{seconds}"#),
        )
    }
}

/// The rest of a lifetime, in the largest unit of which there are two or more; the last minutes as minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// So many minutes, at least one.
    Minutes(u64),
    /// So many hours.
    Hours(u64),
    /// So many days.
    Days(u64),
    /// No end.
    Ever,
}

impl Left {
    /// Until `expires`, both in milliseconds of one clock.
    #[must_use]
    pub fn until(expires: Option<u64>, now: u64) -> Self {
        let Some(expires) = expires else {
            return Self::Ever;
        };
        let minutes = expires.saturating_sub(now).div_ceil(60_000).max(1);
        match minutes {
            0..120 => Self::Minutes(minutes),
            120..2_880 => Self::Hours(minutes / 60),
            _ => Self::Days(minutes / 1_440),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_told_in_the_largest_unit_that_says_enough() {
        let minute = 60_000;
        for (ms, left) in [
            (0, Left::Minutes(1)),
            (1, Left::Minutes(1)),
            (59 * minute, Left::Minutes(59)),
            (119 * minute, Left::Minutes(119)),
            (120 * minute, Left::Hours(2)),
            (47 * 60 * minute, Left::Hours(47)),
            (48 * 60 * minute, Left::Days(2)),
            (7 * 24 * 60 * minute, Left::Days(7)),
        ] {
            assert_eq!(Left::until(Some(5_000 + ms), 5_000), left, "{ms}");
        }
        assert_eq!(Left::until(Some(1), 5_000), Left::Minutes(1));
        assert_eq!(Left::until(None, 5_000), Left::Ever);
    }
}
