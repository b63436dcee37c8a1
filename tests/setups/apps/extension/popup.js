import { connect } from "room-events/inline";

import { show } from "./show.js";

show(connect);
