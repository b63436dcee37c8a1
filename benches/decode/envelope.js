/** The name of the schema of each event type's `data`. */
export const ENVELOPE = {
  TextMessagesCreated: "messages",
  TextMessagesUpdated: "messages",
  TextMessageDeleted: "deleted",
  RoomCreated: "room",
  RoomUpdated: "room",
  RoomDeleted: "gone",
};
