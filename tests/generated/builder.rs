//! `builder.js`, generated from the decoder's tables: builds JavaScript objects from a tape and the text of the frame.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use room_events::protocol::decode::schema::{self, Absent, Field, Kind, Object};
use room_events::protocol::event::EventType;

const HEADER: &str = r#"// Builds the objects that JavaScript gets from a tape and the frame's string. The letters are those of read.js.
//
// Generated from the decoder's tables by `cargo xtask codegen`: do not edit.

import { ids, name, number, others, text } from "../../../src/browser/read.js";

"#;

/// Converts `TextMessages` to `textMessages`.
fn function(table: &Object) -> String {
    let (first, rest) = table.name.split_at(1);
    first.to_lowercase() + rest
}

/// Collects the tables reachable from one, each after its dependencies.
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

pub(crate) fn tables() -> Vec<&'static Object> {
    let mut tables = Vec::new();
    for event_type in EventType::ALL {
        reach(schema::data(event_type), &mut tables);
    }
    tables
}

/// Distinct enumerations, and the names of their constants.
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

/// The expression of a field's value, if the field is always present.
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

/// The assignment of a field that may be absent.
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
        // Only NaN is not equal to itself.
        (Absent::LeftOut, Kind::User) => {
            Some(format!("  if (F[{slot}] === F[{slot}]) it.{name} = F[{slot}];\n"))
        }
        (Absent::LeftOut, _) => panic!("{}.{name}: cannot be left out", table.name),
        _ => None,
    }
}

pub(crate) fn file() -> String {
    let tables = tables();
    let names = known_names(&tables);
    let mut js = String::from(HEADER);
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
    js.push_str("\n/** Builds the `data` of each event type, in the order of `EVENT_TYPES`. */\nexport const builders = [\n");
    for event_type in EventType::ALL {
        writeln!(js, "  {},", function(schema::data(event_type))).expect("a string takes it");
    }
    js.push_str("];\n");
    js
}
