import { HttpTransportType, HubConnectionBuilder, LogLevel } from "@microsoft/signalr";

// Without the request that comes first otherwise: the quickest that it can be.
export const connect = (url) =>
  new HubConnectionBuilder()
    .withUrl(url, { skipNegotiation: true, transport: HttpTransportType.WebSockets })
    .configureLogging(LogLevel.Error)
    .build()
    .start();
