// The entries for frameworks: what each shows of a store, on the fake client and in the framework's own runtime.

import assert from "node:assert/strict";
import { copyFile, readFile, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";

import { build } from "esbuild";
import { compileModule } from "svelte/compiler";

import { execute, installPacked, root, tsc } from "./install.mjs";

const FRAMEWORKS = ["vue", "solid-js", "svelte", "@angular", "rxjs", "tslib", "csstype", "@vue", "seroval", "esm-env", "@types"];

let project;
before(async () => {
  project = await installPacked();
  for (const name of FRAMEWORKS) {
    await symlink(path.join(root, "node_modules", name), path.join(project.folder, "node_modules", name)).catch((error) => {
      if (error.code !== "EEXIST") throw error;
    });
  }
});
after(() => project?.remove());

/** What every framework does: shows rooms and a timeline, follows changes, goes to another room, and cleans up. */
const COMMON = `
import { createStore } from "room-events/store";
import { createFakeClient, fakeMessage, fakeRoom } from "room-events/testing";
globalThis.document ??= {};
const client = createFakeClient({
  rooms: [{ roomId: 1, displayName: "lobby", unreadMessageCount: 3 }, { roomId: 2, displayName: "kitchen" }],
  messages: [{ messageId: 11, roomId: 1, text: "hello" }],
});
const store = createStore(client, { lingerMs: 5 });
const pause = (milliseconds = 5) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const describe = ({ rooms, room, unread, freshness, state, timeline, none }) =>
  [rooms.length, room?.displayName, unread.messages, freshness, timeline?.roomId, state.items.map(({ text, message }) => text ?? message.text), none.length].join(" ");
export async function play({ show, goTo, stop, settle = () => {} }) {
  const told = [];
  const look = async () => (await pause(), settle(), told.push(show()));
  await look();
  await look();
  client.emit("TextMessagesCreated", { messages: [fakeMessage({ messageId: 12, roomId: 1, text: "news" })] });
  client.emit("RoomUpdated", { room: fakeRoom({ roomId: 1, displayName: "hall", unreadMessageCount: 4 }) });
  await look();
  goTo(2);
  await look();
  await look();
  await stop();
  await pause(30);
  told.push([store.rooms, store.timeline(2), store.unread].every((live) => live.get() === live.initial));
  console.log(JSON.stringify(told));
}
export { client, describe, store };
`;

const EXPECTED = [
  "2 lobby 3 live 1 hello 0",
  "2 hall 4 live 1 hello,news 0",
  "2 kitchen 4 live 2  0",
];

const PROGRAMS = {
  vue: `
import { computed, effectScope, reactive, ref, shallowRef } from "vue";
import { useFreshness, useLive, useRoom, useRooms, useThread, useTimeline, useUnread } from "room-events/vue";
import { client, describe, play, store } from "./common.js";
const scope = effectScope();
const roomId = ref(1);
const kept = reactive({ store, client });
const shown = scope.run(() => {
  const { timeline, state } = useTimeline(() => kept.store, roomId);
  const parts = { rooms: useRooms(kept.store), room: useRoom(ref(store), roomId), unread: useUnread(store), freshness: useFreshness(store), none: useRooms(undefined) };
  useThread(store, roomId, () => undefined);
  return computed(() => describe({ timeline: timeline.value, state: state.value, ...Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, part.value])) }));
});
await play({ show: () => shown.value, goTo: (id) => (roomId.value = id), stop: () => scope.stop() });
`,
  solid: `
import { createMemo, createRoot, createSignal } from "solid-js";
import { useFreshness, useLive, useRoom, useRooms, useThread, useTimeline, useUnread } from "room-events/solid";
import { describe, play, store } from "./common.js";
const [roomId, setRoomId] = createSignal(1);
await createRoot((stop) => {
  const { timeline, state } = useTimeline(store, roomId);
  const parts = { rooms: useRooms(store), room: useRoom(store, roomId), unread: useUnread(store), freshness: useFreshness(store), none: useRooms(undefined) };
  useThread(store, roomId, undefined);
  const shown = createMemo(() => describe({ timeline: timeline(), state: state(), ...Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, part()])) }));
  return play({ show: shown, goTo: setRoomId, stop });
});
`,
  angular: `
import { computed, createEnvironmentInjector, provideZonelessChangeDetection, runInInjectionContext, signal, \u0275EffectScheduler, \u0275INJECTOR_SCOPE } from "@angular/core";
import { useFreshness, useLive, useRoom, useRooms, useThread, useTimeline, useUnread } from "room-events/angular";
import { describe, play, store } from "./common.js";
const injector = createEnvironmentInjector([{ provide: \u0275INJECTOR_SCOPE, useValue: "root" }, provideZonelessChangeDetection()], null);
const roomId = signal(1);
const shown = runInInjectionContext(injector, () => {
  const { timeline, state } = useTimeline(store, roomId);
  const parts = { rooms: useRooms(store), room: useRoom(store, roomId), unread: useUnread(store), freshness: useFreshness(store), none: useRooms(undefined) };
  useThread(store, roomId, undefined);
  return computed(() => describe({ timeline: timeline(), state: state(), ...Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, part()])) }));
});
const effects = injector.get(\u0275EffectScheduler);
await play({ show: shown, goTo: (id) => roomId.set(id), stop: () => injector.destroy(), settle: () => effects.flush() });
`,
  svelte: `
import { flushSync } from "svelte";
import { useFreshness, useLive, useRoom, useRooms, useThread, useTimeline, useUnread } from "room-events/svelte";
import { describe, play, store } from "./common.js";
let roomId = $state(1);
let shown = $state("");
const stop = $effect.root(() => {
  const { timeline, state } = useTimeline(store, () => roomId);
  const parts = { rooms: useRooms(store), room: useRoom(store, () => roomId), unread: useUnread(store), freshness: useFreshness(store), none: useRooms(undefined) };
  useThread(store, () => roomId, undefined);
  $effect(() => {
    shown = describe({ timeline: timeline(), state: state.current, ...Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, part.current])) });
  });
});
await play({ show: () => shown, goTo: (id) => (roomId = id), stop, settle: flushSync });
`,
};

/** Svelte's compiler, for what uses its runes. */
const runes = {
  name: "runes",
  setup: ({ onLoad }) =>
    onLoad({ filter: /\.svelte\.js$/ }, async ({ path: file }) => ({
      contents: compileModule(await readFile(file, "utf8"), { filename: file, generate: "client" }).js.code,
    })),
};

test("correct framework code compiles, and wrong code does not", async () => {
  await copyFile(new URL("fixtures/adapters.ts", import.meta.url), path.join(project.folder, "adapters.ts"));
  const flags = ["--noEmit", "--strict", "--exactOptionalPropertyTypes", "--skipLibCheck", "--target", "es2022"];
  const modules = ["--lib", "es2022,dom,esnext.disposable", "--module", "esnext", "--moduleResolution", "bundler", "--types", ""];
  await execute(project.folder, process.execPath, tsc, ...flags, ...modules, "adapters.ts");
});

for (const [name, program] of Object.entries(PROGRAMS)) {
  test(`room-events/${name} shows a store, follows it, and unsubscribes`, async () => {
    const entry = path.join(project.folder, `${name}.svelte.js`);
    await writeFile(path.join(project.folder, "common.js"), COMMON);
    await writeFile(entry, program);
    const output = path.join(project.folder, `${name}-built.mjs`);
    await build({
      entryPoints: [entry],
      outfile: output,
      bundle: true,
      platform: "neutral",
      mainFields: ["module", "main"],
      conditions: ["browser", "import"],
      define: { "process.env.NODE_ENV": '"production"', __VUE_OPTIONS_API__: "false", __VUE_PROD_DEVTOOLS__: "false", __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "false" },
      plugins: name === "svelte" ? [runes] : [],
      logLevel: "error",
    });
    const told = JSON.parse(await execute(project.folder, process.execPath, output));
    assert.deepEqual([told[1], told[2], told[4]], EXPECTED);
    assert.equal(told.at(-1), true, "nobody listens any more");
  });
}
