//! The program: parse the arguments, call one function, choose the exit code.
#![forbid(unsafe_code)]

mod check;
mod cli;
mod desk;
mod explain;
mod interrupt;
mod lookup;
mod normalise;
mod plan;
mod publish;
mod recheck;
mod record;
mod report;
mod request;
mod rules;
mod settings;
mod sharing;
mod stored;

use clap::{CommandFactory, Parser};
use cli::{Cli, Command};
use kemkoll::batch::WORKER;
use std::io::{self, Write};
use std::process::ExitCode;

/// How a command ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// The gate holds; or the command did what it was asked for.
    Holds = 0,
    /// The gate does not hold: a product has a verdict that `--fail-on` names, or a worse one. Or a log does not verify.
    Breached = 1,
    /// Wrong usage, a wrong rule, contract, mapping or confirmation file, or results or follow-ups that could not be written.
    Refused = 2,
    /// Some input could not be read; the rest was checked and written. It hides whether the gate holds.
    Incomplete = 3,
    /// The person stopped it; no results were written.
    Interrupted = 130,
}

fn main() -> ExitCode {
    interrupt::quiet_workers();
    let exit = match Cli::parse().command {
        Command::Check(arguments) => check::run(&arguments),
        Command::Normalise(arguments) => normalise::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Rules(command) => rules::run(&command),
        Command::Substance(arguments) => rules::substance(&arguments),
        Command::FollowUp(arguments) => desk::follow_up(&arguments),
        Command::Deviation(arguments) => desk::deviation(&arguments),
        Command::Share(arguments) => sharing::run(&arguments),
        Command::Recheck(arguments) => recheck::run(&arguments),
        Command::Plan(arguments) => plan::run(&arguments),
        Command::Report(arguments) => report::run(&arguments),
        Command::ReadApart => apart(),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "kemkoll", &mut script);
            print(&script)
        }
        Command::Man { command } => manual(command.as_deref()),
    };
    ExitCode::from(exit as u8)
}

/// The process in which files are read that are better read in one of their own.
fn apart() -> Exit {
    // As much stack as the threads that read have.
    let work = std::thread::Builder::new().name(format!("{WORKER}apart")).stack_size(8 << 20).spawn(kemkoll::input::apart::serve);
    match work.map(std::thread::JoinHandle::join) {
        Ok(Ok(Ok(()))) => Exit::Holds,
        _ => Exit::Refused,
    }
}

/// The manual page of the program, or of one of its commands.
fn manual(command: Option<&str>) -> Exit {
    let mut program = Cli::command();
    program.build();
    let of = command.and_then(|name| cli::page(&program, name).cloned());
    let page = match (of, command) {
        // Built commands know their full name, `kemkoll check`; pages are named with a dash.
        (Some(of), Some(name)) => clap_mangen::Man::new(of).title(format!("kemkoll-{name}")),
        _ => clap_mangen::Man::new(program),
    };
    let mut text = Vec::new();
    match page.render(&mut text) {
        Ok(()) => print(&text),
        Err(_) => Exit::Refused,
    }
}

/// Writes to stdout. A reader that has seen enough is no fault.
fn print(bytes: &[u8]) -> Exit {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            complain(&format!("stdout could not be written: {error}"));
            Exit::Refused
        }
        _ => Exit::Holds,
    }
}

/// Tells a person something on stderr. When that is closed nobody listens.
fn complain(message: &str) {
    let _ = writeln!(io::stderr().lock(), "kemkoll: {message}");
}
