//! Which messages of the list are shown: by kind, direction and words; a plain choice, made anew at each look.
use super::read::Group;
use super::record::Direction;
use super::{Row, Shown};

/// The list never shows more than so many: nobody reads further, and a browser draws them at once.
const MOST: usize = 200;

/// What a person wants to see.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Kinds that are left out.
    pub hidden: [bool; Group::ALL.len()],
    /// The only direction, if it is one.
    pub direction: Option<Direction>,
    /// Words that a row must have.
    pub words: String,
}

impl Filter {
    /// Whether a kind is shown.
    #[must_use]
    pub fn shows(&self, group: Group) -> bool {
        !self.hidden[group as usize]
    }

    /// The same, with a kind shown that was not, or the other way round.
    #[must_use]
    pub fn toggled(mut self, group: Group) -> Self {
        self.hidden[group as usize] ^= true;
        self
    }

    /// The same, with the direction alone, or again with both.
    #[must_use]
    pub fn towards(mut self, direction: Direction) -> Self {
        self.direction = (self.direction != Some(direction)).then_some(direction);
        self
    }

    /// The rows to show, each with its words, and how many more there are. `say` puts a row into words.
    pub fn pick<'a>(
        &self,
        shown: &'a Shown,
        say: impl Fn(&Row) -> String,
    ) -> (Vec<(&'a Row, String)>, usize) {
        let words = self.words.trim().to_lowercase();
        let fits = |row: &&Row| {
            self.shows(row.read.kind.group())
                && self.direction.is_none_or(|only| only == row.direction)
        };
        let mut picked: Vec<(&Row, String)> = Vec::new();
        let mut more = 0;
        for row in shown.rows.iter().filter(fits) {
            let full = picked.len() == MOST;
            if full && words.is_empty() {
                more += 1;
                continue;
            }
            let said = say(row);
            let has = || {
                let text = format!("{} {} {said}", row.read.kind.name(), row.rung.name());
                text.to_lowercase().contains(&words)
            };
            if words.is_empty() || has() {
                if full {
                    more += 1;
                } else {
                    picked.push((row, said));
                }
            }
        }
        (picked, more)
    }
}
