//! Clients and a server joined by a network that drops, delays, stalls and splits, in virtual time and from a seed.
//!
//! Once the network is quiet, what each application has put together from its callbacks (and from what it was told to
//! load) equals the server's truth for its user; and no callback told it anything that it had been told before, or that
//! was older than what it had been told.
#![cfg(not(target_arch = "wasm32"))]

mod app;
mod campaign;
mod faults;
mod herd;
mod model;
mod mutant;
mod network;
mod page;
mod random;
#[cfg(feature = "server")]
mod reference;
mod truth;
mod world;

use model::Model;
use mutant::Mutant;
use world::{USERS, World};

/// How many histories a plain run tries.
const HISTORIES: u64 = 300;

fn history(seed: u64, mutant: Mutant) -> World {
    World::new(seed, mutant, Box::new(Model::new(&USERS)))
}

#[test]
fn after_any_history_every_application_knows_the_truth() {
    campaign::run(HISTORIES, "", |seed| history(seed, Mutant::None).run());
}

#[test]
fn a_broken_catch_up_is_noticed() {
    for mutant in Mutant::BROKEN {
        let caught =
            (1..=HISTORIES).find_map(|seed| history(seed, mutant).run().err().map(|what| (seed, what)));
        let Some((seed, what)) = caught else {
            panic!("{mutant:?} went unnoticed in {HISTORIES} histories");
        };
        println!("{mutant:?}: noticed in history {seed}: {what}");
    }
}
