import { Component, provideZonelessChangeDetection } from "@angular/core";
import { bootstrapApplication } from "@angular/platform-browser";
import { connect } from "room-events";

import { show } from "./show.js";

@Component({ selector: "app-root", template: "Angular" })
class App {
  constructor() {
    void show(connect);
  }
}

void bootstrapApplication(App, { providers: [provideZonelessChangeDetection()] });
