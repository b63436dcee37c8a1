import { connect } from "room-events";

import { show } from "./show.js";

show(connect);
