// Reads what the engine sends as text.

/** What is null counts as absent, as in answers of the REST API. */
export const parse = (text) => JSON.parse(text, (_, value) => value ?? undefined);
