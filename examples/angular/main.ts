import { Component, DestroyRef, inject } from "@angular/core";
import { bootstrapApplication } from "@angular/platform-browser";
import { connect } from "room-events";
import { useFreshness, useTimeline } from "room-events/angular";
import { createRest } from "room-events/rest";
import { createStore } from "room-events/store";

import "../style.css";

const rest = createRest();
// Your application asks for the name and the password.
const { userId } = await rest.status().catch(() => rest.login("bob", "bob"));

@Component({
  selector: "app-lobby",
  template: `
    <h1>Lobby</h1>
    <p role="status">{{ freshness() }}</p>
    @if (!state().start) { <button (click)="timeline()?.older()">Older messages</button> }
    <ul aria-label="Messages">
      @for (item of state().items; track item.key) {
        <li>
          @if (item.kind === "message") {
            {{ item.message.userId }}: {{ item.message.text }}
            @if (item.message.userId === me) { <button (click)="store.remove(item.message.messageId)">Delete</button> }
          } @else if (item.kind === "outgoing") {
            {{ item.text }} ({{ item.state }})
            @if (item.failure?.mayResend) { <button (click)="timeline()?.resend(item.key)">Send again</button> }
          } @else {
            <button (click)="timeline()?.fill(item)">Load what is missing</button>
          }
        </li>
      }
    </ul>
    <form (submit)="send($event, text)">
      <label>Message <input #text required /></label> <button>Send</button>
    </form>
  `,
})
class Lobby {
  readonly me = userId;
  readonly #controller = new AbortController();
  readonly store = createStore(connect({ signal: this.#controller.signal }));
  readonly freshness = useFreshness(this.store);
  readonly #room = useTimeline(this.store, 1);
  readonly timeline = this.#room.timeline;
  readonly state = this.#room.state;

  constructor() {
    inject(DestroyRef).onDestroy(() => this.#controller.abort());
  }

  send(event: Event, field: HTMLInputElement): void {
    event.preventDefault();
    this.timeline()?.send(field.value);
    field.value = "";
  }
}

await bootstrapApplication(Lobby);
