// The values while there is no store.

export const NO_ROOMS = [];

export const NO_UNREAD = { messages: 0, rooms: 0 };

export const NO_TIMELINE = {
  items: NO_ROOMS,
  freshness: "loading",
  cause: null,
  start: false,
  end: false,
  isLoadingOlder: false,
  isLoadingNewer: false,
  isAnchorMissing: false,
  isGone: false,
  firstUnreadId: null,
};
