//! The tests of the crate: `cargo test --test suite [PART OF A NAME]`.
//!
//! The program is the worker of its own process pools, so it has its own main and runs its tests one
//! after another. After each it looks at what is left behind: threads, descriptors, children, values.

mod asynchronous;
mod closures;
mod harness;
mod many;
mod maps;
mod processes;
mod scopes;

use harness::{leftovers, Test, LONG};
use std::io::Write;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::process::ExitCode;

fn main() -> ExitCode {
    processes::worker().entry().expect("the functions can be registered");

    let part = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let tests: Vec<Test> = [
        closures::TESTS,
        maps::TESTS,
        many::TESTS,
        scopes::TESTS,
        asynchronous::TESTS,
        processes::TESTS,
    ]
    .concat();
    let mut failed = Vec::new();
    let mut count = 0;
    for (name, test) in tests {
        if part.as_deref().is_some_and(|part| !name.contains(part)) {
            continue;
        }
        count += 1;
        print!("{name} ... ");
        let _ = std::io::stdout().flush();
        // SAFETY: no preconditions. A test that is wedged ends the program, and its name stands last.
        unsafe { libc::alarm(LONG.as_secs() as u32) };
        let before = leftovers();
        let passed = catch_unwind(AssertUnwindSafe(test)).is_ok();
        let after = leftovers();
        if !passed || after != before {
            println!("FAILED");
            if after != before {
                println!("    before: {before:?}\n    after:  {after:?}");
            }
            failed.push(name);
        } else {
            println!("ok");
        }
    }
    // SAFETY: as above.
    unsafe { libc::alarm(0) };
    println!("{} passed, {} failed", count - failed.len(), failed.len());
    if failed.is_empty() && count > 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
