import { mount } from "svelte";
import { createRest } from "room-events/rest";

import Lobby from "./Lobby.svelte";
import "../style.css";

const rest = createRest();
// Your application asks for the name and the password.
const { userId } = await rest.status().catch(() => rest.login("bob", "bob"));
mount(Lobby, { target: document.getElementById("app"), props: { me: userId } });
