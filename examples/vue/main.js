import { createApp } from "vue";
import { createRest } from "room-events/rest";

import Lobby from "./Lobby.vue";
import "../style.css";

const rest = createRest();
// Your application asks for the name and the password.
const { userId } = await rest.status().catch(() => rest.login("bob", "bob"));
createApp(Lobby, { me: userId }).mount("#app");
