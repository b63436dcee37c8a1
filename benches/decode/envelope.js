/** What the `data` of an event of each type holds, as the validators name it. */
export const ENVELOPE = {
  TextMessagesCreated: "messages",
  TextMessagesUpdated: "messages",
  TextMessageDeleted: "deleted",
  RoomCreated: "room",
  RoomUpdated: "room",
  RoomDeleted: "gone",
};
