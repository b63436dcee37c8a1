// Hooks for React.

import { useEffect, useLayoutEffect, useRef, useState } from "react";

/** The state before there is a client, and on a server. */
const CONNECTING = Object.freeze({ status: "connecting", attempt: 1, retryAt: null, cause: null });

/** `useLayoutEffect` does nothing on a server, and older versions of React warn about it. */
const useEarlyEffect = typeof document === "undefined" ? useEffect : useLayoutEffect;

/** Connections whose failure is thrown for an error boundary, so the other hooks ignore it. */
const watched = new WeakSet();

/** Calls back once there is a client, synchronously if there is one already. Returns a function that cancels this. */
function whenThere(source, use) {
  if (typeof source?.then !== "function") return source ? use(source) : undefined;
  let undo;
  let over = false;
  source.then(
    (client) => {
      if (!over) undo = use(client);
    },
    watched.has(source) ? () => {} : undefined,
  );
  return () => {
    over = true;
    undo?.();
  };
}

export function useConnection(connect) {
  const [connection, setConnection] = useState(null);
  const [failure, setFailure] = useState();
  const latest = useRef(connect);
  // Runs before the first paint, so that the other hooks add their listeners before the first event.
  useEarlyEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    const promise = Promise.resolve(latest.current(signal));
    promise.then(
      (client) => {
        if (signal.aborted) client.close();
        else signal.addEventListener("abort", () => client.close());
      },
      (error) => {
        if (!signal.aborted) setFailure({ error });
      },
    );
    watched.add(promise);
    setConnection(promise);
    return () => controller.abort();
  }, []);
  if (failure) throw failure.error;
  return connection;
}

export function useEvents(source, type, callback, options) {
  const latest = useRef(callback);
  const filter = useRef(options);
  useEarlyEffect(() => {
    latest.current = callback;
    filter.current = options;
  });
  const key = JSON.stringify(options);
  useEarlyEffect(
    () => whenThere(source, (client) => client.on(type, (...args) => latest.current(...args), filter.current)),
    [source, type, key],
  );
}

export function useConnectionState(source) {
  const [state, setState] = useState(CONNECTING);
  useEarlyEffect(() => {
    setState(CONNECTING);
    return whenThere(source, (client) => {
      setState({ status: client.status, ...client.connection });
      return client.on("statechange", setState);
    });
  }, [source]);
  return state;
}

export { useFreshness, useLive, useRoom, useRooms, useThread, useTimeline, useUnread } from "./react/live.js";
