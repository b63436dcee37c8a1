import { Room } from "./room";

// Rendered on the server, where the hooks do nothing.
export default function Page() {
  return <Room />;
}
