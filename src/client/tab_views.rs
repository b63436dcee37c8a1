//! Which page has which views: every page numbers its own, and the store numbers them all.

use super::store::ViewId;
use super::tabs::TabId;

#[derive(Clone, Copy, Debug)]
struct Entry {
    tab: TabId,
    /// The page's own number.
    own: u32,
    view: ViewId,
}

/// The views of all pages of a client.
#[derive(Clone, Debug, Default)]
pub struct TabViews {
    entries: Vec<Entry>,
    last: u32,
    /// The pages that are told what is being sent.
    senders: Vec<TabId>,
}

impl TabViews {
    /// No view yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            entries: Vec::new(),
            last: 0,
            senders: Vec::new(),
        }
    }

    /// Names a view that a page opens under a number of its own. The same number again gives the same view.
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

    /// A page closes a view. Gives it, to be closed in the store.
    pub fn close(&mut self, tab: TabId, own: u32) -> Option<ViewId> {
        let view = self.get(tab, own)?;
        self.entries.retain(|entry| entry.view != view);
        Some(view)
    }

    /// A page leaves. Gives its views, to be closed in the store.
    pub fn leave(&mut self, tab: TabId) -> Vec<ViewId> {
        let views = self.of(tab).map(|(_, view)| view).collect();
        self.entries.retain(|entry| entry.tab != tab);
        self.senders.retain(|sender| *sender != tab);
        views
    }

    /// The views of a page, with its own numbers.
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

    /// All views, with the pages that have them.
    pub fn all(&self) -> impl Iterator<Item = (TabId, ViewId)> + '_ {
        self.entries.iter().map(|entry| (entry.tab, entry.view))
    }

    /// A page wants to be told what is being sent.
    pub fn follow_sending(&mut self, tab: TabId) {
        if !self.senders.contains(&tab) {
            self.senders.push(tab);
        }
    }

    /// The pages that are told what is being sent.
    #[must_use]
    pub fn senders(&self) -> &[TabId] {
        &self.senders
    }
}
