//! Rewrites responses and events according to the quirks.

use serde_json::{Map, Value};

use super::quirk::{Quirk, Quirks};
use super::session::SessionError;

/// The quirks that change the format of responses and events.
const WRITTEN: [Quirk; 10] = [
    Quirk::AbsentLastMessage,
    Quirk::SplitRoomNames,
    Quirk::ImpersonalRooms,
    Quirk::EventTypeField,
    Quirk::ZeroUntilEdited,
    Quirk::NoThumbnails,
    Quirk::NoPictureSizes,
    Quirk::ZeroAttachmentTimes,
    Quirk::BareAttachments,
    Quirk::SwappedUnauthorized,
];

/// The two names of a room.
const NAME: &str = "name";
const DISPLAY_NAME: &str = "displayName";

impl Quirks {
    /// Whether responses and events have to be rewritten.
    pub(super) fn rewrites(self) -> bool {
        WRITTEN.into_iter().any(|quirk| self.contains(quirk))
    }

    /// Rewrites the body of a REST response.
    pub(super) fn rewrite_answer(self, body: &mut Value) {
        if let Some(fields) = body.as_object_mut() {
            if self.contains(Quirk::BareAttachments) && is_attachment(fields) {
                fields.remove("httpStatusCode");
            }
            if self.contains(Quirk::SwappedUnauthorized)
                && let Some(text) = fields.get_mut("errorText")
            {
                let texts = [SessionError::Missing, SessionError::Invalid].map(|error| error.to_string());
                if let Some(at) = texts.iter().position(|known| text == known) {
                    *text = texts[1 - at].as_str().into();
                }
            }
        }
        self.rewrite(body, NAME);
    }

    /// Rewrites an event.
    pub(super) fn rewrite_event(self, event: &mut Value) {
        if self.contains(Quirk::ImpersonalRooms)
            && event["type"] == "RoomUpdated"
            && let Some(room) = event["data"]["room"].as_object_mut()
        {
            for field in ["unreadMessageCount", "isModerator", "isPinned"] {
                room.remove(field);
            }
        }
        self.rewrite(event, DISPLAY_NAME);
        if self.contains(Quirk::EventTypeField)
            && let Some(fields) = event.as_object_mut()
            && let Some(event_type) = fields.remove("type")
        {
            fields.insert("eventType".to_owned(), event_type);
        }
    }

    /// Rewrites a value recursively. `other_name` is the name that rooms lack there.
    fn rewrite(self, value: &mut Value, other_name: &str) {
        match value {
            Value::Array(values) => values
                .iter_mut()
                .for_each(|value| self.rewrite(value, other_name)),
            Value::Object(fields) => {
                self.rewrite_fields(fields, other_name);
                fields
                    .values_mut()
                    .for_each(|value| self.rewrite(value, other_name));
            }
            _ => {}
        }
    }

    fn rewrite_fields(self, fields: &mut Map<String, Value>, other_name: &str) {
        if fields.get("roomType").is_some_and(Value::is_string) {
            if self.contains(Quirk::AbsentLastMessage)
                && fields.get("lastMessage").is_some_and(Value::is_null)
            {
                fields.remove("lastMessage");
            }
            if self.contains(Quirk::SplitRoomNames) {
                fields.remove(other_name);
            }
        } else if is_attachment(fields) {
            if self.contains(Quirk::NoThumbnails) {
                fields.insert("hasThumbnail".to_owned(), false.into());
            }
            if self.contains(Quirk::NoPictureSizes) {
                fields.remove("size");
            }
            if self.contains(Quirk::ZeroAttachmentTimes) {
                fields.insert("createdUtc".to_owned(), 0.into());
            }
        } else if self.contains(Quirk::ZeroUntilEdited)
            && fields.get("lastEditedUtc").is_some_and(Value::is_number)
            && fields.get("lastEditedUtc") == fields.get("createdUtc")
        {
            fields.insert("lastEditedUtc".to_owned(), 0.into());
        }
    }
}

fn is_attachment(fields: &Map<String, Value>) -> bool {
    fields.get("attachmentId").is_some_and(Value::is_number)
}
