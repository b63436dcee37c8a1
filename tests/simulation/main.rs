//! Clients and a server joined by a network that drops, delays, stalls and splits, in virtual time and from a seed.
//!
//! Once the network is quiet, what each application has put together from its callbacks alone equals the server's
//! truth for its user, and no callback told it anything that it had been told before.
#![cfg(not(target_arch = "wasm32"))]

mod app;
mod random;
mod server;
mod world;

use world::{Mutant, World};

/// How many histories a plain run tries. `SIMULATIONS` and `SIMULATION_SEED` change number and beginning.
const HISTORIES: u64 = 100;

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |text| text.parse().expect(variable))
}

#[test]
fn after_any_history_every_application_knows_the_truth() {
    let first = number("SIMULATION_SEED", 1);
    let histories = number("SIMULATIONS", HISTORIES);
    let mut totals = world::Totals::default();
    for seed in first..first + histories {
        match World::new(seed, Mutant::None).run() {
            Ok(counts) => totals.add(&counts),
            Err(violation) => panic!(
                "{violation}\nreplay: SIMULATION_SEED={seed} SIMULATIONS=1 cargo test --test simulation -- --nocapture"
            ),
        }
    }
    println!("{histories} histories: {totals}");
    assert!(
        totals.recovered > 0 && totals.faults > 0,
        "nothing was tried: {totals}"
    );
}

#[test]
fn a_broken_catch_up_is_noticed() {
    for mutant in [
        Mutant::NoCatchUp,
        Mutant::ForgetsDeletions,
        Mutant::SkipsComments,
        Mutant::LosesAPage,
        Mutant::Deaf,
    ] {
        let caught = (1..=HISTORIES).any(|seed| World::new(seed, mutant).run().is_err());
        assert!(caught, "{mutant:?} went unnoticed in {HISTORIES} histories");
    }
}
