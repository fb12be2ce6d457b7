//! What the compiler says of each mistake, and that what is no mistake compiles and runs.
//!
//! `TRYBUILD=overwrite cargo test --test ui` accepts what it says now; read every change with the eyes of the user.

use std::fs;
use std::path::Path;

/// One folder for each construct, one file for each mistake.
const CONSTRUCTS: [&str; 7] = ["shared", "parallel", "views", "driver", "element", "entry", "hidden"];

#[test]
fn ui() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/pass/*.rs");
    for construct in CONSTRUCTS {
        cases.compile_fail(format!("tests/ui/{construct}/*.rs"));
    }
}

/// Of each message of the macros, some case shows the whole fixed text, in one line.
#[test]
fn each_message_has_a_case() {
    let said: String = CONSTRUCTS.iter().map(|construct| said_of(&Path::new("tests/ui").join(construct))).collect();
    let messages = read(Path::new("dsm-macros/src/messages.rs"));
    let messages = messages.split("\npub(crate) ").skip(1).map(|rest| rest.split("\n\n").next().unwrap_or(rest));
    let missing: Vec<&str> = messages
        .filter(|message| !said.lines().any(|line| texts(message).any(|text| shows(line, text))))
        .filter_map(|message| message.split(['(', ':']).next())
        .collect();
    assert!(missing.is_empty(), "no case under tests/ui shows {missing:?}");
}

/// The string literals in a piece of source; there is no `\"` in a message.
fn texts(source: &str) -> impl Iterator<Item = &str> {
    source.split('"').skip(1).step_by(2)
}

/// Does the line hold all of the text that stands outside of braces?
fn shows(line: &str, text: &str) -> bool {
    text.split(['{', '}']).step_by(2).all(|fixed| line.contains(fixed))
}

/// What the compiler says of all cases in a folder.
fn said_of(folder: &Path) -> String {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let files = entries.map(|entry| entry.expect("the folder can be listed").path());
    files.filter(|file| file.extension().is_some_and(|kind| kind == "stderr")).map(|file| read(&file)).collect()
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}
