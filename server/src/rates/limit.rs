//! What is limited, by its name in the metrics and with what its client is told; how much of it is allowed is [`super::Rates`]'.

use protocol::frame::ErrorCode;

/// What is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Messages on one link.
    Messages,
    /// Bytes of messages on one link.
    Bytes,
    /// Changes of presence on one link.
    Presence,
    /// Links open at once from one address.
    Links,
    /// Sockets and requests with a body open at once from one address, whatever was said on them.
    UnderWay,
    /// Sockets open at once from everybody.
    Sockets,
    /// Messages from one address.
    AddressMessages,
    /// Bytes of messages from one address.
    AddressBytes,
    /// Changes of presence from one address.
    AddressPresence,
    /// Sessions opened, or asked for in vain, from one address.
    Sessions,
    /// Documents brought into memory from one address.
    Documents,
    /// Requests from one address.
    Requests,
}

impl Limit {
    /// What its client is told it by: a limit of the server is nobody's fault.
    pub(super) const fn code(self) -> ErrorCode {
        match self {
            Self::Sockets => ErrorCode::Unavailable,
            _ => ErrorCode::Rate,
        }
    }

    /// Its name in the metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Messages => "messages",
            Self::Bytes => "bytes",
            Self::Presence => "presence",
            Self::Links => "links",
            Self::UnderWay => "under_way",
            Self::Sockets => "sockets",
            Self::AddressMessages => "address_messages",
            Self::AddressBytes => "address_bytes",
            Self::AddressPresence => "address_presence",
            Self::Sessions => "sessions",
            Self::Documents => "documents",
            Self::Requests => "requests",
        }
    }

    pub(super) const fn message(self) -> &'static str {
        match self {
            Self::Messages => {
                "this connection sent more messages than it may in a time. The document is safe, and what is unsaved is kept by the page, which connects again and goes on. A program that sends this much should gather several edits in one."
            }
            Self::Bytes => {
                "this connection sent more bytes than it may in a time. The document is safe, and what is unsaved is kept by the page, which connects again and goes on. Bring large texts in parts."
            }
            Self::Presence => {
                "this connection moved its caret more often than it may in a time. The document is safe, and what is unsaved is kept by the page, which connects again and goes on. A program that does this should tell its caret less often."
            }
            Self::Links => {
                "your address has as many connections to documents as it may (--max-connections-per-address). Documents are safe, and the page tries again. Close another tab, or wait a little."
            }
            Self::UnderWay => {
                "your address has as many connections and requests under way as it may (--max-connections-per-address). Documents are safe, and the page tries again. Close another tab, or wait a little."
            }
            Self::Sockets => {
                "this server has as many connections as it may (--max-connections). Documents are safe. Try again in a few seconds."
            }
            Self::AddressMessages => {
                "your address sent more messages than it may in a time. Documents are safe, and what is unsaved is kept by its page, which connects again and goes on. Wait a little."
            }
            Self::AddressBytes => {
                "your address sent more bytes than it may in a time. Documents are safe, and what is unsaved is kept by its page, which connects again and goes on. Wait a little."
            }
            Self::AddressPresence => {
                "your address moved carets more often than it may in a time. Documents are safe, and what is unsaved is kept by its page, which connects again and goes on. Wait a little."
            }
            Self::Sessions => {
                "your address opened more sessions than it may in a minute. Documents are safe, and what is unsaved is kept by its page, which tries again. Wait a little."
            }
            Self::Documents => {
                "your address opened more documents than it may in a minute. Documents are safe, and what is unsaved is kept by its page, which tries again. Wait a little."
            }
            Self::Requests => {
                "your address sent more requests than it may in a time. Documents are safe, and what is unsaved is kept by its page, which tries again. Wait a little."
            }
        }
    }
}
