//! The JavaScript that builds objects from a tape, made from the decoder's tables; and the TypeScript that describes
//! them. Neither can drift away from what the decoder checks.
//!
//! After a change of the tables: `UPDATE_BUILDER=1 cargo test --test protocol builder`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use room_events::protocol::decode::schema::{self, Absent, Field, Kind, Object};
use room_events::protocol::event::EventType;

const PREAMBLE: &str = r#"// Builds the objects that JavaScript gets from a tape and the frame's string.
//
// Made from the decoder's tables by tests/protocol/builder.rs: change that file, not this one. The letters are those of
// read.js.

import { ids, name, number, others, text } from "./read.js";
"#;

/// `TextMessages` becomes `textMessages`.
fn function(table: &Object) -> String {
    let (first, rest) = table.name.split_at(1);
    first.to_lowercase() + rest
}

/// The tables that are reached from one, each behind those that it needs.
fn reach(table: &'static Object, tables: &mut Vec<&'static Object>) {
    if tables.iter().any(|known| known.name == table.name) {
        return;
    }
    for field in table.fields {
        if let Kind::Object(inner) | Kind::Objects(inner) = field.kind {
            reach(inner, tables);
        }
    }
    tables.push(table);
}

fn tables() -> Vec<&'static Object> {
    let mut tables = Vec::new();
    for event_type in EventType::ALL {
        reach(schema::data(event_type), &mut tables);
    }
    tables
}

/// Enumerations with different values, and what they are called.
fn known_names(tables: &[&'static Object]) -> Vec<(String, &'static [&'static str])> {
    let mut found: Vec<(String, &'static [&'static str])> = Vec::new();
    for field in tables.iter().flat_map(|table| table.fields) {
        if let Kind::Name(known) = field.kind
            && !found.iter().any(|(_, other)| *other == known)
        {
            found.push((format!("NAMES_{}", found.len()), known));
        }
    }
    found
}

/// The expression that a field's value is, if it is always there.
fn expression(table: &Object, index: usize, names: &[(String, &'static [&'static str])]) -> Option<String> {
    let field = &table.fields[index];
    let slot = format!("i + {}", 1 + index);
    let half = format!("j + {}", 2 * (1 + index));
    let value = match field.kind {
        Kind::Id | Kind::User => format!("F[{slot}]"),
        Kind::Number => format!("number(s, F, I, o, {slot})"),
        Kind::Text => format!("text(s, I, {half})"),
        Kind::Name(known) => {
            let (constant, _) = names
                .iter()
                .find(|(_, other)| *other == known)
                .expect("is listed");
            format!("name(s, I, {half}, {constant})")
        }
        Kind::Flag => format!("I[{half}] === 1"),
        Kind::Object(inner) => format!("{}(s, F, I, o, o + I[{half}])", function(inner)),
        Kind::Objects(inner) => format!("{}List(s, F, I, o, I[{half}])", function(inner)),
        Kind::Users => format!("ids(F, I, o, I[{half}])"),
    };
    Some(match (field.absent, field.kind) {
        (Absent::LeftOut, _) => return None,
        (Absent::Required, _) => value,
        (Absent::Zero, Kind::Id | Kind::User) => format!("{value} || 0"),
        (Absent::Zero, Kind::Number) | (Absent::False, Kind::Flag) => value,
        (Absent::Text(text), Kind::Text | Kind::Name(_)) => {
            format!("I[{half}] === -1 ? {text:?} : {value}")
        }
        (Absent::Null, Kind::Object(_)) => format!("I[{half}] < 0 ? null : {value}"),
        (Absent::Empty, Kind::Objects(_) | Kind::Users) => format!("I[{half}] < 0 ? [] : {value}"),
        (Absent::Twin(twin), Kind::Text) => {
            let other = table
                .fields
                .iter()
                .position(|field| field.name == twin)
                .expect("is a field");
            let other = format!("j + {}", 2 * (1 + other));
            format!("I[{half}] !== -1 ? {value} : I[{other}] !== -1 ? text(s, I, {other}) : \"\"")
        }
        _ => panic!(
            "{}.{}: nothing can stand for it in JavaScript",
            table.name, field.name
        ),
    })
}

/// The fields that are not there if the server has left them out.
fn left_out(table: &Object, index: usize) -> Option<String> {
    let Field {
        name, kind, absent, ..
    } = &table.fields[index];
    let slot = format!("i + {}", 1 + index);
    let half = format!("j + {}", 2 * (1 + index));
    match (absent, kind) {
        (Absent::LeftOut, Kind::Object(inner)) => Some(format!(
            "  if (I[{half}] >= 0) it.{name} = {}(s, F, I, o, o + I[{half}]);\n",
            function(inner)
        )),
        // Only what is no number is not equal to itself.
        (Absent::LeftOut, Kind::User) => {
            Some(format!("  if (F[{slot}] === F[{slot}]) it.{name} = F[{slot}];\n"))
        }
        (Absent::LeftOut, _) => panic!("{}.{name}: cannot be left out", table.name),
        _ => None,
    }
}

fn builder() -> String {
    let tables = tables();
    let names = known_names(&tables);
    let mut js = String::from(PREAMBLE);
    js.push('\n');
    for (constant, known) in &names {
        writeln!(js, "const {constant} = {known:?};").expect("a string takes it");
    }
    let listed: BTreeSet<_> = tables
        .iter()
        .flat_map(|table| table.fields)
        .filter_map(|field| match field.kind {
            Kind::Objects(inner) => Some(inner.name),
            _ => None,
        })
        .collect();
    for table in &tables {
        write!(
            js,
            "\nfunction {}(s, F, I, o, i) {{\n  const j = i * 2;\n",
            function(table)
        )
        .expect("a string takes it");
        js.push_str("  const it = {\n");
        for (index, field) in table.fields.iter().enumerate() {
            if let Some(value) = expression(table, index, &names) {
                writeln!(js, "    {}: {value},", field.name).expect("a string takes it");
            }
        }
        js.push_str("  };\n");
        for index in 0..table.fields.len() {
            js.push_str(&left_out(table, index).unwrap_or_default());
        }
        js.push_str("  if (I[j] >= 0) others(s, I, o, I[j], it);\n  return it;\n}\n");
        if listed.contains(table.name) {
            let name = function(table);
            write!(
                js,
                "\nfunction {name}List(s, F, I, o, at) {{\n  const items = [];\n  \
                 for (let j = (o + at + 1) * 2, end = j + I[j - 2] * 2; j < end; j += 2) \
                 items.push({name}(s, F, I, o, o + I[j]));\n  return items;\n}}\n"
            )
            .expect("a string takes it");
        }
    }
    let types = EventType::ALL.map(EventType::as_str);
    writeln!(
        js,
        "\n/** The events' names, by their numbers in Rust. */\nexport const types = {types:?};"
    )
    .expect("a string takes it");
    js.push_str("\n/** What builds the `data` of each. */\nexport const builders = [\n");
    for event_type in EventType::ALL {
        writeln!(js, "  {},", function(schema::data(event_type))).expect("a string takes it");
    }
    js.push_str("];\n");
    js
}

#[test]
fn the_builder_is_made_from_the_tables() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/browser/build.js");
    let made = builder();
    if env::var_os("UPDATE_BUILDER").is_some() {
        fs::write(&file, &made).expect("the file can be written");
    }
    let committed = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        committed == made,
        "the tables have changed: run `UPDATE_BUILDER=1 cargo test --test protocol builder` and commit {}",
        file.display()
    );
}

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
    let types = include_str!("../../src/browser/types.d.ts");
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
    let types = include_str!("../../src/browser/types.d.ts");
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
