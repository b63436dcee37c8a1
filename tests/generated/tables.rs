//! `tables.js`: names and numbers shared by Rust and JavaScript.

use std::fmt::Write as _;

use room_events::client::shared::SHARED;
use room_events::client::store::SendFailure;
use room_events::client::{ClientConfig, NumberOption, Topic};
use room_events::protocol::event::EventType;

/// Options whose defaults JavaScript needs before the module is loaded.
const NEEDED_DEFAULTS: [NumberOption; 4] = [
    NumberOption::ReconnectMax,
    NumberOption::QueueMaxFrames,
    NumberOption::QueueMaxBytes,
    NumberOption::QueueTurn,
];

pub(crate) fn file() -> String {
    let mut js = String::from(
        "// Names and numbers that Rust and JavaScript both know.\n//\n\
         // Generated from the Rust sources by `cargo xtask codegen`: do not edit.\n",
    );
    let mut constant = |documentation: &str, name: &str, value: &str| {
        write!(js, "\n/** {documentation} */\nexport const {name} = {value};\n").expect("a string takes it");
    };
    let types = EventType::ALL.map(EventType::as_str);
    constant(
        "The event types, in the order of `EventType`.",
        "EVENT_TYPES",
        &format!("{types:?}"),
    );
    constant(
        "Whether events of each type are about messages, in the order of `EVENT_TYPES`.",
        "IS_OF_MESSAGE",
        &format!("{:?}", EventType::ALL.map(EventType::is_of_message)),
    );
    let notices: Vec<_> = (EventType::ALL.len()..Topic::COUNT)
        .map(Topic::from_index)
        .collect();
    let names: Vec<_> = notices.iter().map(|topic| topic.as_str()).collect();
    constant(
        "The topics, in the order of `Topic::index`.",
        "TOPICS",
        &format!("/* @__PURE__ */ EVENT_TYPES.concat({names:?})"),
    );
    for topic in notices {
        let name = topic.as_str();
        constant(
            &format!("The position of `{name}` in `TOPICS`."),
            &format!("TOPIC_{}", name.to_uppercase()),
            &topic.index().to_string(),
        );
    }
    let least = |option: NumberOption| option.least().map_or("null".into(), |least| least.to_string());
    constant(
        "The options that are numbers: the least value of whole ones, null for milliseconds, which are at least 1.",
        "NUMBERS",
        &object(&NumberOption::ALL.map(|option| (option.path(), least(option)))),
    );
    let default = |option: NumberOption| {
        let value = option.get(&ClientConfig::default());
        value.expect("the option has a default").to_string()
    };
    constant(
        "Defaults of options that are numbers.",
        "DEFAULTS",
        &object(&NEEDED_DEFAULTS.map(|option| (option.path(), default(option)))),
    );
    constant(
        "Why messages were not sent, in the order of their numbers.",
        "SEND_FAILURES",
        &format!("{:?}", SendFailure::NAMES),
    );
    for shared in SHARED {
        constant(
            shared.documentation.trim(),
            shared.name,
            &shared.value.to_string(),
        );
    }
    js
}

/// Writes an object literal.
fn object(members: &[(&str, String)]) -> String {
    let lines: String = members
        .iter()
        .map(|(name, value)| format!("  {name:?}: {value},\n"))
        .collect();
    format!("{{\n{lines}}}")
}
