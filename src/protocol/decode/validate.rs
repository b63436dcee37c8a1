//! One pass over a value, checked against its table.

use super::cursor::{Cursor, Text};
use super::error::{DecodeErrorKind, Fault, Step};
use super::schema::{Field, Kind, Object};

/// Reads an object and checks its known fields; others are stepped over.
pub(super) fn object(cursor: &mut Cursor<'_>, table: &'static Object) -> Result<(), Fault> {
    if cursor.peek() != b'{' {
        return Err(cursor.mismatch("an object"));
    }
    let start = cursor.position();
    let mut seen = 0_u32;
    let mut named = table.any_of.is_empty();
    let mut next = 0;
    cursor.object(|cursor, key| {
        let Some(index) = find(table, next, cursor, key) else {
            return cursor.skip_value();
        };
        next = index + 1;
        let field = &table.fields[index];
        let bit = 1 << index;
        if seen & bit != 0 {
            let fault = Fault::new(DecodeErrorKind::DuplicateField, key.start, "one of each field");
            return Err(fault.within(Step::Key(field.name)));
        }
        seen |= bit;
        let is_null = cursor.peek() == b'n';
        value(cursor, field.kind).map_err(|fault| fault.within(Step::Key(field.name)))?;
        named |= !is_null && table.any_of.contains(&field.name);
        Ok(())
    })?;
    for (index, field) in table.fields.iter().enumerate() {
        if field.required && seen & (1 << index) == 0 {
            return Err(missing(start, field.name));
        }
    }
    match table.any_of.first() {
        Some(name) if !named => Err(missing(start, name)),
        _ => Ok(()),
    }
}

pub(super) fn missing(start: usize, name: &'static str) -> Fault {
    Fault::new(DecodeErrorKind::MissingField, start, "a field of that name").within(Step::Key(name))
}

/// The field of that name. The search begins where the last one was found: servers keep an order.
fn find(table: &Object, next: usize, cursor: &Cursor<'_>, key: Text) -> Option<usize> {
    let name = cursor.unescape(key);
    let is_it = |field: &Field| field.name == name;
    let (before, behind) = table.fields.split_at(next);
    match behind.iter().position(is_it) {
        Some(index) => Some(next + index),
        None => before.iter().position(is_it),
    }
}

fn value(cursor: &mut Cursor<'_>, kind: Kind) -> Result<(), Fault> {
    match (kind, cursor.peek()) {
        (Kind::NullableText | Kind::NullableObject(_), b'n') => cursor.literal("null"),
        (Kind::Text | Kind::NullableText, b'"') => cursor.string().map(drop),
        (Kind::Text | Kind::NullableText, _) => Err(cursor.mismatch("a string")),
        (Kind::Integer, _) => cursor.integer().map(drop),
        (Kind::Flag, b't') => cursor.literal("true"),
        (Kind::Flag, b'f') => cursor.literal("false"),
        (Kind::Flag, _) => Err(cursor.mismatch("true or false")),
        (Kind::Object(table) | Kind::NullableObject(table), _) => object(cursor, table),
        (Kind::Objects(table), b'[') => cursor
            .array(|cursor, index| object(cursor, table).map_err(|fault| fault.within(Step::Index(index)))),
        (Kind::Integers, b'[') => cursor.array(|cursor, index| {
            cursor
                .integer()
                .map(drop)
                .map_err(|fault| fault.within(Step::Index(index)))
        }),
        (Kind::Objects(_) | Kind::Integers, _) => Err(cursor.mismatch("an array")),
    }
}
