//! What each page may do, as the simulated server judges it: a role, and the one token that counts.

use std::collections::BTreeMap;

use protocol::{
    frame::{ErrorCode, Role, Token},
    id::ClientId,
    session::{Ended, Rights},
};

/// The rights of all pages; whoever is not in it writes, without a token.
#[derive(Debug, Default)]
pub struct Allowed(BTreeMap<ClientId, Right>);

#[derive(Debug, Clone)]
struct Right {
    role: Role,
    /// The number of the newest token; those before are over.
    token: u64,
}

impl Allowed {
    /// Judges somebody who shows a token.
    pub fn judge(&self, client: ClientId, token: &Token) -> Result<Rights, Ended> {
        let Some(right) = self.0.get(&client) else {
            return Ok(Rights::WRITE);
        };
        if token.as_str() != name(right.token) {
            return Err(Ended::new(ErrorCode::Expired, "another token is needed"));
        }
        Ok(Rights {
            role: right.role,
            expires_in_ms: None,
        })
    }

    /// What somebody may do who is in.
    pub fn of(&self, client: ClientId) -> Rights {
        Rights {
            role: self.0.get(&client).map_or(Role::Write, |right| right.role),
            expires_in_ms: None,
        }
    }

    /// From now on this one may do that.
    pub fn set(&mut self, client: ClientId, role: Role) {
        self.right(client).role = role;
    }

    /// The token that somebody has is over; the next one.
    pub fn renew(&mut self, client: ClientId) -> Token {
        self.right(client).token += 1;
        self.token(client)
    }

    /// The token that counts.
    pub fn token(&self, client: ClientId) -> Token {
        let number = self.0.get(&client).map_or(0, |right| right.token);
        Token::new(name(number)).expect("it is short")
    }

    fn right(&mut self, client: ClientId) -> &mut Right {
        self.0.entry(client).or_insert(Right {
            role: Role::Write,
            token: 0,
        })
    }
}

/// The first one is none.
fn name(token: u64) -> String {
    if token == 0 {
        String::new()
    } else {
        format!("token {token}")
    }
}
