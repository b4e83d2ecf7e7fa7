//! How does a command say something? To a reader that has gone, it says nothing: what was asked for is done, and the exit code tells.
//! Where standard output cannot be written for another reason, such as a full disk, that is an error.

use std::fmt::Display;
use std::io::{ErrorKind, Write as _, stderr, stdout};
use std::sync::atomic::{AtomicBool, Ordering};

/// A line on standard output.
pub fn say(line: &impl Display) {
    write(&format!("{line}\n"));
}

/// Text on standard output.
pub fn write(text: &str) {
    let mut out = stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    if let Some(error) = written.err().filter(|error| error.kind() != ErrorKind::BrokenPipe) {
        tell(&format!("standard output cannot be written: {error}"));
        IS_LOST.store(true, Ordering::Relaxed);
    }
}

/// Something that was said has not been written.
static IS_LOST: AtomicBool = AtomicBool::new(false);

/// The exit code of a command that would have this one.
pub fn code(code: i32) -> i32 {
    if code == 0 && IS_LOST.load(Ordering::Relaxed) { 1 } else { code }
}

/// A line on standard error.
pub fn tell(line: &impl Display) {
    let _ = writeln!(stderr().lock(), "{line}");
}

/// What is wrong with a command line, or what it asked for: help, or the version.
pub fn answer(answer: &clap::Error, arguments: &[String]) {
    let text = answer.render().to_string();
    if answer.use_stderr() { tell(&redacted(text.trim_end(), arguments)) } else { write(&text) }
}

/// `message`, which quotes a command line, without what may be a URL with its password, an address, a password or a key.
pub fn redacted(message: &str, arguments: &[String]) -> String {
    let value = |argument: &'_ String| argument.split_once('=').map(|(_, value)| value.to_owned());
    let parts = arguments.iter().flat_map(|argument| [Some(argument.clone()), value(argument)]).flatten();
    let is_url = |part: &str| part.contains("://") || part.contains('@');
    let is_secret = |part: &String| is_url(part) || part.len() >= SHORTEST_KEY || part.to_lowercase().contains("passw");
    let mut secrets: Vec<_> = parts.filter(is_secret).collect();
    // The whole before its parts.
    secrets.sort_by_key(|part| std::cmp::Reverse(part.len()));
    secrets.iter().fold(message.to_owned(), |message, secret| {
        message.replace(secret.as_str(), if is_url(secret) { "<URL>" } else { "<hidden>" })
    })
}

/// A key of the option `encryption` has 32 bytes, which are more characters than this in base64.
const SHORTEST_KEY: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_url_of_a_command_line_is_shown() {
        let url = "postgres://ada:a secret@host/app";
        for (arguments, message) in [
            (vec!["generate", url], format!("invalid value '{url}' for '<DIALECT>'")),
            (vec![url], format!("unrecognized subcommand '{url}'")),
            (vec!["check", "a", &format!("--url={url}")], format!("unexpected argument '--url={url}' found")),
            (vec!["check", "a", &format!("--url={url}")], format!("unexpected value '{url}'")),
        ] {
            let arguments: Vec<_> = arguments.into_iter().map(str::to_owned).collect();
            let shown = redacted(&message, &arguments);
            assert!(!shown.contains("secret") && shown.contains("<URL>"), "{shown}");
        }
        for secret in ["2026:c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U=", "host=db password=hunter2"] {
            let message = format!("unexpected argument '{secret}' found");
            let shown = redacted(&message, &["check".to_owned(), "a".to_owned(), secret.to_owned()]);
            assert_eq!(shown, "unexpected argument '<hidden>' found");
        }
        assert_eq!(redacted("unexpected argument '--x' found", &["--x".to_owned()]), "unexpected argument '--x' found");
    }
}
