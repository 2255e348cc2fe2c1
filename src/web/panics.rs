//! Panics in the log: once each, with the trace id of the request in which they happened.

use std::panic::{self, PanicHookInfo};

/// Makes every panic an error in the log, in place of the lines that Rust writes by itself. For the whole process, so only the program
/// that owns it may ask for it.
pub fn log() {
    panic::set_hook(Box::new(write));
}

fn write(panic: &PanicHookInfo<'_>) {
    let location = panic.location().map(ToString::to_string).unwrap_or_default();
    let message = panic.payload_as_str().unwrap_or("no message");
    tracing::error!(location, panic = message, "a panic: this is a defect of Claviger");
}
