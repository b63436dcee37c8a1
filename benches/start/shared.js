import { connect as open } from "room-events";

export async function connect(url) {
  const client = await open({ url, catchUp: false, engine: "shared" });
  if (client.status !== "open") await client.next("statechange");
}
