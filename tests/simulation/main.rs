//! Clients and a server in virtual time, on a network that drops, delays, stalls and partitions. Each history follows
//! from a seed.
//!
//! The server is as hostile as real ones are (`options.rs`). The oracle (`oracle.rs`) derives the client's contract
//! from the truth and the options alone: no delivery is repeated, late, out of order or false, and in the end every
//! watched view equals the truth.
#![cfg(not(target_arch = "wasm32"))]

mod app;
mod campaign;
mod change;
mod comparison;
mod contract;
mod cost;
mod faults;
mod herd;
mod lies;
mod options;
mod oracle;
mod page;
mod random;
mod reader;
#[cfg(feature = "server")]
mod reference;
mod render;
mod rest;
mod sender;
mod truth;
mod users;
mod wire;
mod world;

use options::Options;
use world::{Totals, World};

/// The number of histories of a plain run.
const HISTORIES: u64 = 300;

fn history(seed: u64) -> Result<Totals, String> {
    World::new(seed, Options::new(seed)).run()
}

#[test]
fn after_any_history_every_view_equals_the_truth() {
    campaign::run(HISTORIES, "", history);
}

/// The number of histories of a plain run with an application on the store.
const STORE_HISTORIES: u64 = 150;

#[test]
fn after_any_history_every_view_of_the_store_equals_the_truth() {
    let history = |seed| World::with_store(seed, Options::new(seed)).run();
    campaign::run(STORE_HISTORIES, " --store", history);
}

#[cfg(feature = "mutants")]
#[test]
fn each_mutant_is_caught_within_1000_histories() {
    use room_events::client::mutant::{self, Mutant};
    let with = |mutant, seed| {
        mutant::choose(mutant);
        history(seed).err()
    };
    for mutant in Mutant::ALL {
        // A violation counts only if the client passes this history without the mutant.
        let caught = (1..=1_000).find_map(|seed| {
            let what = with(Some(mutant), seed)?;
            with(None, seed).is_none().then_some((seed, what))
        });
        let Some((seed, what)) = caught else {
            panic!("{mutant:?} went unnoticed in 1000 histories");
        };
        println!("{mutant:?}: noticed in history {seed}: {}", world::brief(&what));
    }
}
