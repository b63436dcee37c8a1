const { createFakeClient, fakeRoom } = require("room-events/testing");

test("an event is received", () => {
  const client = createFakeClient();
  const names = [];
  client.on("RoomCreated", ({ room }) => names.push(room.displayName));
  client.emit("RoomCreated", { room: fakeRoom({ displayName: "kitchen" }) });
  expect(names).toEqual(["kitchen"]);
});
