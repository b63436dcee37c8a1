import { HttpTransportType, HubConnectionBuilder, LogLevel } from "@microsoft/signalr";

// Skips the usual first request, which is the fastest configuration.
export const connect = (url) =>
  new HubConnectionBuilder()
    .withUrl(url, { skipNegotiation: true, transport: HttpTransportType.WebSockets })
    .configureLogging(LogLevel.Error)
    .build()
    .start();
