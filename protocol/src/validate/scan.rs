//! Reads fields and knows where each began, so that a refusal can name its place; it knows no format.

use super::{CLOCK_END, Fault, Invalid};
use crate::id::ClientId;
use crate::wire::{Reader, WireError};

/// A [`Reader`] that remembers how long the whole was.
pub(super) struct Scan<'a> {
    reader: Reader<'a>,
    total: usize,
}

impl<'a> Scan<'a> {
    pub(super) fn new(bytes: &'a [u8], max: usize) -> Result<Self, Invalid> {
        if bytes.len() > max {
            return Err(Invalid {
                at: 0,
                fault: Fault::TooLong {
                    bytes: bytes.len(),
                    max,
                },
            });
        }
        Ok(Self {
            reader: Reader::new(bytes),
            total: bytes.len(),
        })
    }

    /// The offset of the next field.
    pub(super) fn at(&self) -> usize {
        self.total.saturating_sub(self.reader.remaining())
    }

    fn read<T>(
        &mut self,
        read: impl FnOnce(&mut Reader<'a>) -> Result<T, WireError>,
    ) -> Result<T, Invalid> {
        let at = self.at();
        read(&mut self.reader).map_err(|error| Invalid {
            at,
            fault: fault(error),
        })
    }

    pub(super) fn u8(&mut self) -> Result<u8, Invalid> {
        self.read(Reader::u8)
    }

    pub(super) fn number(&mut self) -> Result<u64, Invalid> {
        self.read(Reader::var_u64)
    }

    /// How many items follow, each of at least `least` bytes; so a loop over them ends with the bytes.
    pub(super) fn count(
        &mut self,
        least: usize,
        what: &'static str,
        max: usize,
    ) -> Result<usize, Invalid> {
        let at = self.at();
        let count = self.number()?;
        let count = usize::try_from(count).map_err(|_| Invalid {
            at,
            fault: Fault::Truncated,
        })?;
        if count
            .checked_mul(least)
            .is_none_or(|bytes| bytes > self.reader.remaining())
        {
            return Err(Invalid {
                at,
                fault: Fault::Truncated,
            });
        }
        if count > max {
            return Err(Invalid {
                at,
                fault: Fault::TooMany { what, max },
            });
        }
        Ok(count)
    }

    pub(super) fn client(&mut self) -> Result<ClientId, Invalid> {
        let at = self.at();
        ClientId::new(self.number()?).ok_or(Invalid {
            at,
            fault: Fault::Number,
        })
    }

    /// A clock or a length below [`CLOCK_END`].
    pub(super) fn clock(&mut self) -> Result<u32, Invalid> {
        let at = self.at();
        let number = self.number()?;
        u32::try_from(number)
            .ok()
            .filter(|clock| *clock < CLOCK_END)
            .ok_or(Invalid {
                at,
                fault: Fault::Clock,
            })
    }

    /// A length and that much UTF-8.
    pub(super) fn text(&mut self, max: usize) -> Result<&'a str, Invalid> {
        self.read(|reader| reader.var_str(max))
    }

    pub(super) fn end(&self) -> Result<(), Invalid> {
        self.reader.end().map_err(|error| Invalid {
            at: self.at(),
            fault: fault(error),
        })
    }
}

fn fault(error: WireError) -> Fault {
    match error {
        WireError::Truncated => Fault::Truncated,
        WireError::NumberTooLarge => Fault::Number,
        WireError::TooLong { len, max } => Fault::TooLong {
            bytes: usize::try_from(len).unwrap_or(usize::MAX),
            max,
        },
        WireError::NotUtf8 => Fault::Utf8,
        WireError::Trailing(bytes) => Fault::Trailing(bytes),
    }
}

/// The clock after `len` more, when it stays below [`CLOCK_END`].
pub(super) fn advance(clock: u32, len: u32, at: usize) -> Result<u32, Invalid> {
    clock
        .checked_add(len)
        .filter(|end| *end < CLOCK_END)
        .ok_or(Invalid {
            at,
            fault: Fault::Clock,
        })
}

/// Refuses a client that is named twice; the usual wire order, descending, costs one pass and no memory.
pub(super) fn once(
    clients: impl Iterator<Item = ClientId> + Clone,
    at: usize,
) -> Result<(), Invalid> {
    if clients.clone().is_sorted_by(|a, b| a > b) {
        return Ok(());
    }
    let mut sorted: Vec<ClientId> = clients.collect();
    sorted.sort_unstable();
    match sorted.array_windows().find(|[a, b]| a == b) {
        Some([client, _]) => Err(Invalid {
            at,
            fault: Fault::Repeated(client.get()),
        }),
        None => Ok(()),
    }
}
