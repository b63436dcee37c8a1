export const connect = (url) => new Promise((resolve) => (new WebSocket(url).onopen = resolve));
