import { connect } from "room-events/inline";

// A page of the extension says where to connect, and shows what is heard.
chrome.runtime.onConnect.addListener((port) => {
  port.onMessage.addListener(async (url) => {
    const client = await connect({ url });
    client.on("statechange", ({ status }) => port.postMessage({ status }));
    client.on("RoomCreated", ({ room }) => port.postMessage({ room: room.displayName }));
    port.postMessage({ status: client.status, engine: client.engine });
  });
});
