//! JSON Schemas of the wire format. Those of objects are derived at their types.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Value, json};
use utoipa::openapi::schema::{AdditionalProperties, ArrayBuilder, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{KnownFormat, RefOr, SchemaFormat};
use utoipa::{PartialSchema, ToSchema};

use crate::protocol::attachment::AttachmentState;
use crate::protocol::event::{RoomData, RoomDeleted, TextMessageDeleted, TextMessages};
use crate::protocol::ids::Id;
use crate::protocol::message::{IssueStatus, IssueType, MarkupType, MessageType, Priority};
use crate::protocol::room::RoomType;
use crate::server::store::permissions::Flag;

/// The form field with the files of an upload.
pub(super) const UPLOAD_FIELD: &str = "files";

impl<T> PartialSchema for Id<T> {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(SchemaType::Type(Type::Integer))
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
            .minimum(Some(0_u64))
            .maximum(Some(Self::MAX.get()))
            .description(Some("An id, a number or a time in Unix milliseconds: below 2^53"))
            .into()
    }
}

impl<T> ToSchema for Id<T> {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("SafeInt")
    }
}

/// Describes an enumeration. Clients treat these as open, but this server sends and accepts only the documented values.
macro_rules! as_enumeration {
    ($($name:ident),+) => {
        $(
            impl PartialSchema for $name {
                fn schema() -> RefOr<Schema> {
                    ObjectBuilder::new()
                        .schema_type(SchemaType::Type(Type::String))
                        .enum_values(Some(Self::KNOWN.iter().copied()))
                        .into()
                }
            }

            impl ToSchema for $name {}
        )+
    };
}

as_enumeration!(
    AttachmentState,
    MessageType,
    MarkupType,
    Priority,
    IssueType,
    IssueStatus,
    RoomType
);

/// Binary data.
pub(super) enum Binary {}

impl PartialSchema for Binary {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(SchemaType::Type(Type::String))
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)))
            .into()
    }
}

impl ToSchema for Binary {}

/// The body of an upload, for the description. It is streamed and never in memory as a whole.
pub(super) enum Upload {}

impl PartialSchema for Upload {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .property(
                UPLOAD_FIELD,
                ArrayBuilder::new().items(Binary::schema()).min_items(Some(1)),
            )
            .required(UPLOAD_FIELD)
            .into()
    }
}

impl ToSchema for Upload {}

/// A fault, for the descriptions. Its other fields depend on its kind.
pub(super) enum FaultFields {}

impl PartialSchema for FaultFields {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .property("fault", String::schema())
            .required("fault")
            .property(
                "scope",
                ObjectBuilder::new()
                    .schema_type(SchemaType::AnyValue)
                    .description(Some("\"caller\", \"all\" or the id of a user")),
            )
            .into()
    }
}

impl ToSchema for FaultFields {}

/// Any flags of a room.
pub(super) fn some_flags() -> ObjectBuilder {
    Flag::ALL.iter().fold(
        ObjectBuilder::new().additional_properties(Some(AdditionalProperties::FreeForm(false))),
        |flags, flag| flags.property(flag.name(), bool::schema()),
    )
}

/// All flags of a room.
pub(super) fn all_flags() -> ObjectBuilder {
    Flag::ALL
        .iter()
        .fold(some_flags(), |flags, flag| flags.required(flag.name()))
}

/// The fields that this server may omit. It always sends all others, though clients treat them as optional.
const SOMETIMES_LEFT_OUT: [&str; 3] = ["issueProperties", "meetingProperties", "size"];

/// The field that only a [quirk](crate::server::Quirk::LastMessageUserId) sends.
const LEFT_OUT: (&str, &str) = ("LastMessage", "userId");

/// The schemas of all objects in events, by name.
pub(super) fn of_events() -> BTreeMap<String, Value> {
    let mut schemas = Vec::new();
    add::<TextMessages>(&mut schemas);
    add::<TextMessageDeleted>(&mut schemas);
    add::<RoomData>(&mut schemas);
    add::<RoomDeleted>(&mut schemas);
    schemas
        .into_iter()
        .map(|(name, schema)| {
            let mut schema = json!(schema);
            require_what_is_sent(&name, &mut schema);
            (name, schema)
        })
        .collect()
}

fn add<T: ToSchema>(schemas: &mut Vec<(String, RefOr<Schema>)>) {
    schemas.push((T::name().into_owned(), T::schema()));
    T::schemas(schemas);
}

fn require_what_is_sent(object: &str, schema: &mut Value) {
    let Some(properties) = schema["properties"].as_object() else {
        return;
    };
    let required: Vec<_> = properties
        .keys()
        .filter(|name| !SOMETIMES_LEFT_OUT.contains(&name.as_str()) && (object, name.as_str()) != LEFT_OUT)
        .cloned()
        .collect();
    schema["required"] = json!(required);
}
