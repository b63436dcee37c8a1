//! Maps the views of pages, which each page numbers for itself, to those of the store.

use super::store::ViewId;
use super::tabs::TabId;

#[derive(Clone, Copy, Debug)]
struct Entry {
    tab: TabId,
    /// The view's number in the page.
    own: u32,
    view: ViewId,
}

/// The views of all pages of a client.
#[derive(Clone, Debug, Default)]
pub struct TabViews {
    entries: Vec<Entry>,
    last: u32,
    /// The pages that receive the outgoing messages.
    senders: Vec<TabId>,
}

impl TabViews {
    /// Creates an empty map.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            entries: Vec::new(),
            last: 0,
            senders: Vec::new(),
        }
    }

    /// The view that a page opens under that number: the same one for the same number.
    pub fn open(&mut self, tab: TabId, own: u32) -> ViewId {
        self.get(tab, own).unwrap_or_else(|| {
            self.last += 1;
            let view = ViewId(self.last);
            self.entries.push(Entry { tab, own, view });
            view
        })
    }

    /// The view that a page has under that number.
    #[must_use]
    pub fn get(&self, tab: TabId, own: u32) -> Option<ViewId> {
        let mut entries = self.entries.iter();
        let found = entries.find(|entry| entry.tab == tab && entry.own == own);
        found.map(|entry| entry.view)
    }

    /// Removes a view of a page and returns it, so that it can be closed in the store.
    pub fn close(&mut self, tab: TabId, own: u32) -> Option<ViewId> {
        let view = self.get(tab, own)?;
        self.entries.retain(|entry| entry.view != view);
        Some(view)
    }

    /// Removes a page and returns its views, so that they can be closed in the store.
    pub fn leave(&mut self, tab: TabId) -> Vec<ViewId> {
        let views = self.of(tab).map(|(_, view)| view).collect();
        self.entries.retain(|entry| entry.tab != tab);
        self.senders.retain(|sender| *sender != tab);
        views
    }

    /// The views of a page and its numbers for them.
    pub fn of(&self, tab: TabId) -> impl Iterator<Item = (u32, ViewId)> + '_ {
        let entries = self.entries.iter().filter(move |entry| entry.tab == tab);
        entries.map(|entry| (entry.own, entry.view))
    }

    /// The page that has a view, and its number there.
    #[must_use]
    pub fn owner(&self, view: ViewId) -> Option<(TabId, u32)> {
        let entry = self.entries.iter().find(|entry| entry.view == view)?;
        Some((entry.tab, entry.own))
    }

    /// All views and the pages that have them.
    pub fn all(&self) -> impl Iterator<Item = (TabId, ViewId)> + '_ {
        self.entries.iter().map(|entry| (entry.tab, entry.view))
    }

    /// Subscribes a page to the outgoing messages.
    pub fn follow_sending(&mut self, tab: TabId) {
        if !self.senders.contains(&tab) {
            self.senders.push(tab);
        }
    }

    /// The pages that receive the outgoing messages.
    #[must_use]
    pub fn senders(&self) -> &[TabId] {
        &self.senders
    }
}
