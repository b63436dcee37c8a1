const port = chrome.runtime.connect();
port.onMessage.addListener((shown) => Object.assign(document.documentElement.dataset, shown));
port.postMessage(new URLSearchParams(location.search).get("server"));
