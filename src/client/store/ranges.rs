//! The ranges of a list: sets of ids in which every message is known.

use crate::protocol::ids::MessageId;

/// The highest id. The stream extends a range that ends here.
pub(super) const END: MessageId = MessageId::MAX;

/// A range of ids, inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) low: MessageId,
    pub(super) high: MessageId,
    /// Identifies the gap below it, if there is one.
    pub(super) serial: u32,
}

impl Range {
    pub(super) fn contains(&self, id: MessageId) -> bool {
        self.low <= id && id <= self.high
    }

    /// Whether the stream extends it.
    pub(super) fn is_live(&self) -> bool {
        self.high == END
    }
}

/// Ranges in ascending order that neither overlap nor touch.
#[derive(Clone, Debug, Default)]
pub(super) struct Ranges {
    list: Vec<Range>,
    next: u32,
}

impl Ranges {
    pub(super) fn iter(&self) -> impl Iterator<Item = &Range> + '_ {
        self.list.iter()
    }

    pub(super) fn covering(&self, id: MessageId) -> Option<Range> {
        self.list.iter().find(|range| range.contains(id)).copied()
    }

    /// The range that the stream extends.
    pub(super) fn live(&self) -> Option<Range> {
        self.list.last().filter(|range| range.is_live()).copied()
    }

    /// The end of the last range; 0 if there is none.
    pub(super) fn last_high(&self) -> MessageId {
        self.list.last().map_or(MessageId::ZERO, |range| range.high)
    }

    pub(super) fn by_serial(&self, serial: u32) -> Option<Range> {
        self.list.iter().find(|range| range.serial == serial).copied()
    }

    /// The range below the one with that serial.
    pub(super) fn below(&self, serial: u32) -> Option<Range> {
        let index = self.list.iter().position(|range| range.serial == serial)?;
        self.list.get(index.checked_sub(1)?).copied()
    }

    /// Adds a range. Ranges that touch or overlap merge and keep the serial of the lowest.
    pub(super) fn add(&mut self, low: MessageId, high: MessageId) {
        let meets = |range: &Range| range.low <= high.next() && low <= range.high.next();
        let mut merged = Range {
            low,
            high,
            serial: self.next,
        };
        let first = self.list.iter().position(meets);
        match first {
            Some(index) => merged.serial = self.list[index].serial,
            None => self.next += 1,
        }
        for range in self.list.iter().filter(|range| meets(range)) {
            merged.low = merged.low.min(range.low);
            merged.high = merged.high.max(range.high);
        }
        self.list.retain(|range| !meets(range));
        let at = self
            .list
            .iter()
            .take_while(|range| range.low < merged.low)
            .count();
        self.list.insert(at, merged);
    }

    /// Removes all ids above that one.
    pub(super) fn cut_above(&mut self, id: MessageId) {
        self.list.retain(|range| range.low <= id);
        if let Some(last) = self.list.last_mut() {
            last.high = last.high.min(id);
        }
    }

    /// Removes all ids below that one.
    pub(super) fn cut_below(&mut self, id: MessageId) {
        self.list.retain(|range| range.high >= id);
        if let Some(first) = self.list.first_mut() {
            first.low = first.low.max(id);
        }
    }

    pub(super) fn remove(&mut self, serial: u32) {
        self.list.retain(|range| range.serial != serial);
    }

    pub(super) fn clear(&mut self) {
        self.list.clear();
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn id(value: u64) -> MessageId {
        MessageId::new(value).unwrap_or_default()
    }

    fn spans(ranges: &Ranges) -> Vec<(u64, u64, u32)> {
        let spans = ranges
            .iter()
            .map(|range| (range.low.get(), range.high.get(), range.serial));
        spans.collect()
    }

    #[test]
    fn merges_ranges_that_meet_and_keeps_the_serial_of_the_lowest() {
        let mut ranges = Ranges::default();
        ranges.add(id(10), id(20));
        ranges.add(id(40), id(50));
        ranges.add(id(60), END);
        assert_eq!(spans(&ranges), [(10, 20, 0), (40, 50, 1), (60, END.get(), 2)]);
        ranges.add(id(51), id(55));
        assert_eq!(spans(&ranges)[1], (40, 55, 1));
        ranges.add(id(55), id(70));
        assert_eq!(spans(&ranges), [(10, 20, 0), (40, END.get(), 1)]);
        ranges.add(id(0), id(100));
        assert_eq!(spans(&ranges), [(0, END.get(), 0)]);
    }

    proptest! {
        #[test]
        fn covers_what_was_added_and_not_cut(steps in prop::collection::vec((0_u8..3, 0_u64..60, 0_u64..12), 0..30)) {
            let mut ranges = Ranges::default();
            let mut expected = [false; 80];
            for (what, from, length) in steps {
                let (low, high) = (from as usize, (from + length) as usize);
                match what {
                    0 => {
                        ranges.add(id(from), id(from + length));
                        expected[low..=high].fill(true);
                    }
                    1 => {
                        ranges.cut_above(id(from));
                        expected[low + 1..].fill(false);
                    }
                    _ => {
                        ranges.cut_below(id(from));
                        expected[..low].fill(false);
                    }
                }
                for (value, is_covered) in expected.iter().enumerate() {
                    prop_assert_eq!(ranges.covering(id(value as u64)).is_some(), *is_covered, "{}", value);
                }
                prop_assert!(ranges.list.windows(2).all(|pair| pair[0].high.next() < pair[1].low));
                prop_assert!(ranges.list.windows(2).all(|pair| pair[0].serial != pair[1].serial));
            }
        }
    }
}
