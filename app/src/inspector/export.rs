//! The list as JSON, to be looked at elsewhere or sent to whoever runs the network. It holds no text of the document and no secret.
use super::Shown;
use super::read::What;
use super::record::Direction;
use protocol::ladder::Rung;
use serde_json::{Value, json};

/// The export. `time` turns milliseconds of the page's clock into a time of day by ISO 8601.
#[must_use]
pub fn export(doc: &str, shown: &Shown, time: impl Fn(u64) -> String) -> String {
    let transports: Vec<Value> = Rung::ALL
        .into_iter()
        .map(|rung| {
            let carried = shown.tally.of(rung);
            json!({
                "transport": rung.name(),
                "sent": carried.out,
                "sent_bytes": carried.out_bytes,
                "received": carried.into,
                "received_bytes": carried.in_bytes,
                "round_trip_ms": carried.rtt_ms,
            })
        })
        .collect();
    let oldest_first = shown.rows.iter().rev();
    let messages: Vec<Value> = oldest_first
        .map(|row| {
            let mut message = json!({
                "number": row.number,
                "time": time(row.at),
                "direction": if row.direction == Direction::Out { "sent" } else { "received" },
                "transport": row.rung.name(),
                "link": row.link,
                "kind": row.read.kind.name(),
                "bytes": row.size,
                "seq": row.read.seq,
            });
            if let What::Edit(edit) = &row.read.what {
                message["inserted"] = edit.inserted.into();
                message["deleted"] = edit.deleted.into();
                message["at"] = edit.at.into();
            }
            if row.lost {
                message["lost"] = true.into();
            }
            message
        })
        .collect();
    let all = json!({ "document": doc, "transports": transports, "messages": messages });
    format!("{all:#}\n")
}

#[cfg(test)]
mod tests {
    use super::super::read::{Edit, Kind, Read};
    use super::super::tally::Tally;
    use super::super::{Filter, Row};
    use super::*;

    #[test]
    fn the_export_is_json_with_every_message_oldest_first() {
        let row = |number, what| Row {
            number,
            at: number * 10,
            direction: Direction::Out,
            rung: Rung::LongPoll,
            link: 3,
            size: 40,
            lost: number == 1,
            read: Read {
                kind: Kind::Data,
                seq: Some(number),
                what,
            },
        };
        let edit = Edit {
            inserted: 3,
            at: Some(17),
            ..Edit::default()
        };
        let mut tally = Tally::default();
        tally.count(Rung::LongPoll, Direction::Out, 40);
        let shown = Shown {
            rows: vec![row(1, What::Nothing), row(0, What::Edit(edit))],
            midnight: 0,
            waiting: 0,
            paused: false,
            filter: Filter::default(),
            tally,
            forced: None,
            faults: super::super::Faults::default(),
        };
        let text = export("a \"name\"", &shown, |at| format!("T{at}"));
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["document"], "a \"name\"");
        assert_eq!(value["messages"][0]["at"], 17);
        assert_eq!(value["messages"][0]["time"], "T0");
        assert_eq!(value["messages"][0]["transport"], "long-poll");
        assert_eq!(value["messages"][1]["lost"], true);
        assert_eq!(value["messages"].as_array().unwrap().len(), 2);
        assert_eq!(value["transports"][2]["sent_bytes"], 40);
    }
}
