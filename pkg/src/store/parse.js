// Parses texts from the engine.

/** Parses JSON. Null counts as absent, as in responses of the REST API. */
export const parse = (text) => JSON.parse(text, (_, value) => value ?? undefined);
