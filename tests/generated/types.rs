//! The hand-written types describe the objects that the builder makes.

use std::collections::BTreeSet;

use room_events::protocol::decode::schema::Absent;

use crate::builder::{known_names, tables};

/// The members of an exported interface of the types: their names, and whether they are optional.
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
fn the_types_describe_what_is_built() {
    let types = include_str!("../../pkg/src/types.d.ts");
    for table in tables() {
        // Without an interface of its own: written where it is used.
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
fn the_types_list_the_known_names() {
    let types = include_str!("../../pkg/src/types.d.ts");
    for (_, known) in known_names(&tables()) {
        let quoted: Vec<_> = known.iter().map(|name| format!("{name:?}")).collect();
        let found = types.split("OpenEnum<").any(|list| {
            let list = list.split_once('>').map_or("", |(list, _)| list);
            list.split('|')
                .map(str::trim)
                .filter(|name| !name.is_empty())
                .eq(quoted.iter().map(|name| &**name))
        });
        assert!(found, "no OpenEnum of the types lists {known:?}");
    }
}
