//! What must hold: at every moment that nothing is called saved that is not on disk, and at the end that all have one text.

use std::collections::BTreeMap;

use protocol::{
    client::LinkStatus,
    id::ClientId,
    room::{MAX_CLIENTS, Room},
    validate,
};

use crate::{disk::Disk, page::Page, server::Server, text, world::World};

/// The central promise: each edit that a page was told to be saved, or that it no longer shows as unsaved, is durable now.
pub fn promises(page: &mut Page, disk: &mut Disk) {
    if page.connection.status().unsaved_since.is_none() {
        page.promised = page.made.len();
    }
    // What is durable stays so: each edit is looked at once.
    for n in page.proven..page.promised {
        assert!(
            disk.holds(&page.made[n]),
            "page {:?} takes its edit {} of {} for saved, and it is not on disk",
            page.id,
            n + 1,
            page.made.len()
        );
        page.proven = n + 1;
    }
}

/// Whether everything is mended: one text, saved, and all connected and aware of each other.
pub fn settled(world: &World) -> Result<(), String> {
    alike(world)?;
    let mut here: BTreeMap<ClientId, String> = BTreeMap::new();
    for page in world.pages.iter().filter(|page| page.here) {
        here.extend(page.presence.clone().map(|state| (page.id, state)));
    }
    for peer in &world.peers {
        here.insert(peer.id, peer.presence.clone());
    }
    for (i, page) in world.pages.iter().enumerate().filter(|(_, p)| p.here) {
        let status = page.connection.status();
        if status.link != LinkStatus::Live {
            return Err(format!("page {i} is {status:?}"));
        }
        others(&format!("page {i}"), page.id, &page.others, &here)?;
    }
    for (i, peer) in world.peers.iter().enumerate() {
        others(
            &format!("peer {i}"),
            peer.id,
            &peer.present(world.now),
            &here,
        )?;
    }
    let here = world.pages.iter().filter(|page| page.here).count();
    let sessions = world.server.as_ref().map_or(0, Server::sessions);
    if sessions < here {
        return Err(format!("{here} pages have {sessions} sessions"));
    }
    Ok(())
}

/// Whether all show the text that the server has on its disk, and know it.
pub fn alike(world: &World) -> Result<(), String> {
    let Some(server) = &world.server else {
        return Err("the server is down".into());
    };
    if world.disk.waiting() > 0 || server.room.durable() != server.room.head() {
        return Err("entries wait for the disk".into());
    }
    let text = server.room.text();
    let clocks = clocks(&server.room.state_vector());
    for (i, page) in world.pages.iter().enumerate().filter(|(_, p)| p.here) {
        let status = page.connection.status();
        if status.unsaved_since.is_some() {
            return Err(format!("page {i} is {status:?}"));
        }
        if page.composing || page.connection.holds() {
            return Err(format!("page {i} holds edits back"));
        }
        if page.replica.text() != text || self::clocks(&page.replica.state_vector()) != clocks {
            return Err(format!(
                "page {i} has {:?}, the server {text:?}",
                page.replica.text()
            ));
        }
    }
    for (i, peer) in world.peers.iter().enumerate() {
        if peer.lacks() {
            return Err(format!("peer {i} misses something"));
        }
        if peer.text() != text || self::clocks(&peer.state_vector()) != clocks {
            return Err(format!(
                "peer {i} has {:?}, the server {text:?}",
                peer.text()
            ));
        }
    }
    Ok(())
}

/// What holds once everything is mended.
pub fn final_state(world: &World) {
    let server = world.server.as_ref().expect("settled means up");
    let reopened = Room::open(1, 1, true, world.disk.rows(), world.plan.limits)
        .expect("what is durable makes a room");
    assert_eq!(reopened.text(), server.room.text(), "the log is the truth");
    assert_eq!(
        clocks(&reopened.state_vector()),
        clocks(&server.room.state_vector())
    );
    if world.plan.anywhere {
        return;
    }
    let text: Vec<u16> = reopened.text().encode_utf16().collect();
    let counted = text::count(&text);
    for (word, author) in &world.typed {
        let times = counted.get(word).copied().unwrap_or(0);
        let touched = world.touched.contains(word);
        let safe = match author {
            None => true,
            Some((page, edit)) => {
                let page = &world.pages[*page];
                page.here || *edit <= page.promised
            }
        };
        if !touched && safe {
            assert_eq!(times, 1, "{word:?} was typed once and never deleted");
        } else if !(touched && world.plan.undo) {
            assert!(times <= 1, "{word:?} stands {times} times");
        }
    }
    for word in counted.keys() {
        assert!(world.typed.contains_key(word), "nobody typed {word:?}");
    }
}

fn others(
    who: &str,
    own: ClientId,
    known: &BTreeMap<ClientId, String>,
    here: &BTreeMap<ClientId, String>,
) -> Result<(), String> {
    let mut expected = here.clone();
    expected.remove(&own);
    if *known == expected {
        Ok(())
    } else {
        Err(format!("{who} sees {known:?}, here are {expected:?}"))
    }
}

fn clocks(state_vector: &[u8]) -> BTreeMap<ClientId, u32> {
    validate::state_vector(state_vector, MAX_CLIENTS)
        .expect("a state vector")
        .into_iter()
        .collect()
}
