//! The hand-written types match the objects that the builder makes.

use std::collections::BTreeSet;
use std::ops::Range;

use room_events::client::Topic;
use room_events::protocol::decode::schema::Absent;
use room_events::protocol::event::EventType;

use crate::builder::tables;

/// The members of an exported interface: their names, and whether they are optional.
fn interface<'a>(types: &'a str, name: &str) -> Vec<(&'a str, bool)> {
    let (_, rest) = types
        .split_once(&format!("export interface {name} {{\n"))
        .unwrap_or_else(|| panic!("the types have no interface {name}"));
    let (body, _) = rest.split_once("\n}").expect("an end");
    let lines = body
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    lines
        .filter_map(|line| line.trim().split_once(':'))
        .map(|(name, _)| name)
        .filter(|name| !name.starts_with(['/', '*']))
        .map(|name| (name.trim_end_matches('?'), name.ends_with('?')))
        .collect()
}

#[test]
fn the_types_match_the_builder() {
    let types = include_str!("../../pkg/src/types.d.ts");
    for table in tables() {
        // Has no interface of its own: its type is written inline.
        if table.name == "PictureSize" {
            continue;
        }
        let described: BTreeSet<_> = interface(types, table.name).into_iter().collect();
        let built: BTreeSet<_> = table
            .fields
            .iter()
            .map(|field| (field.name, matches!(field.absent, Absent::LeftOut)))
            .collect();
        assert_eq!(described, built, "{}", table.name);
    }
}

#[test]
fn the_types_map_every_topic() {
    let types = include_str!("../../pkg/src/types.d.ts");
    let topics = |range: Range<usize>| -> BTreeSet<_> {
        range.map(|index| Topic::from_index(index).as_str()).collect()
    };
    for (name, expected) in [
        ("EventDataMap", topics(0..EventType::ALL.len())),
        ("NoticeMap", topics(EventType::ALL.len()..Topic::COUNT)),
    ] {
        let members: BTreeSet<_> = interface(types, name).into_iter().map(|(name, _)| name).collect();
        assert_eq!(members, expected, "{name}");
    }
}
