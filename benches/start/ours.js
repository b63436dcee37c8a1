import { connect as open } from "room-events";

export async function connect(url) {
  const client = await open({ url, catchUp: false });
  if (client.state.state !== "open") await client.next("state");
}
