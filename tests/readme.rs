//! Every command that the README shows is run, from a folder that looks like a fresh clone, and ends as it says.

use std::path::Path;
use std::process::Command;

/// The commands in `sh` blocks, each with the exit code that stands behind it.
fn commands(readme: &str) -> Vec<(String, i32)> {
    let mut found = Vec::new();
    let mut inside = false;
    for line in readme.lines() {
        if line.starts_with("```") {
            inside = line == "```sh";
        } else if inside {
            let (command, note) = line.split_once("   # exits ").unwrap_or((line, "0"));
            found.push((command.trim().to_string(), note.trim().parse().expect("an exit code")));
        }
    }
    found
}

#[test]
fn every_command_does_what_the_readme_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md")).expect("the README");
    let commands = commands(&readme);
    assert!(commands.len() > 5, "the README shows commands");
    let clone = tempfile::tempdir().expect("a folder");
    for folder in ["samples", "rules"] {
        std::os::unix::fs::symlink(root.join(folder), clone.path().join(folder)).expect("a link");
    }
    for (command, exit) in commands {
        // This is the test command itself.
        if command == "cargo test" {
            continue;
        }
        let arguments =
            command.strip_prefix("cargo run --release -- ").or_else(|| command.strip_prefix("kemkoll ")).expect("a command of ours");
        // The shell expands patterns, as it would for a reader.
        let output = Command::new("sh")
            .arg("-c")
            .arg(format!("\"$KEMKOLL\" {arguments}"))
            .env("KEMKOLL", env!("CARGO_BIN_EXE_kemkoll"))
            .env("LC_ALL", "C.UTF-8")
            // Nothing is left in the home of whoever runs the tests.
            .env("XDG_CONFIG_HOME", clone.path().join("config"))
            .env("XDG_DATA_HOME", clone.path().join("data"))
            .current_dir(clone.path())
            .output()
            .expect("a shell");
        assert_eq!(
            output.status.code(),
            Some(exit),
            "{command}\n{}\n{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    for file in ["report.html", "report.xlsx"] {
        assert!(clone.path().join("out").join(file).is_file() || clone.path().join(file).is_file(), "{file} is left to open");
    }
}
