//! Kinds of setting: how what somebody wrote becomes a value, and how the kind is called in words.

use std::fmt::Display;
use std::num::TryFromIntError;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

/// What somebody wrote for a setting.
#[derive(Clone, Copy)]
pub(super) enum Written<'a> {
    /// A value of the file.
    File(&'a toml::Value),
    /// A variable of the environment, the contents of a secret's file, or a default.
    Text(&'a str),
}

/// A kind of setting.
pub(super) struct Kind<T> {
    /// The kind in words, after "must be".
    pub(super) words: String,
    /// Whether the value must not be shown, and may be read from a file that a `…_FILE` variable names.
    pub(super) secret: bool,
    /// The value, or a sentence that says what it must be.
    pub(super) read: Box<Read<T>>,
}

type Read<T> = dyn Fn(Written<'_>) -> Result<T, String>;

impl<T: 'static> Kind<T> {
    fn new(words: impl Into<String>, read: impl Fn(Written<'_>) -> Option<T> + 'static) -> Self {
        let words = words.into();
        let refusal = format!("must be {words}");
        Self { words, secret: false, read: Box::new(move |written| read(written).ok_or_else(|| refusal.clone())) }
    }

    /// The same kind for a value that must not be shown.
    pub(super) fn secret(self) -> Self {
        Self { secret: true, ..self }
    }
}

impl<'a> Written<'a> {
    fn text(self) -> Option<&'a str> {
        match self {
            Self::File(value) => value.as_str(),
            Self::Text(text) => Some(text),
        }
    }

    fn number(self) -> Option<i64> {
        match self {
            Self::File(value) => value.as_integer(),
            Self::Text(text) => text.parse().ok(),
        }
    }
}

/// Text that `parse` understands, or says in a sentence why not.
pub(super) fn parsed<T: 'static, E: Display>(words: &'static str, parse: impl Fn(&str) -> Result<T, E> + 'static) -> Kind<T> {
    let read = move |written: Written<'_>| match written.text() {
        Some(text) => parse(text).map_err(|problem| problem.to_string()),
        None => Err(format!("must be {words}")),
    };
    Kind { words: words.to_owned(), secret: false, read: Box::new(read) }
}

/// A path in the file system.
pub(super) fn path(words: &'static str) -> Kind<PathBuf> {
    Kind::new(words, |written| written.text().filter(|text| !text.is_empty()).map(PathBuf::from))
}

/// Yes or no.
pub(super) fn flag() -> Kind<bool> {
    Kind::new("true or false", |written| match written {
        Written::File(value) => value.as_bool(),
        Written::Text(text) => text.parse().ok(),
    })
}

/// A whole number within bounds.
pub(super) fn whole_number<N>(range: RangeInclusive<N>) -> Kind<N>
where
    N: TryFrom<i64, Error = TryFromIntError> + PartialOrd + Display + 'static,
{
    Kind::new(format!("a whole number from {} to {}", range.start(), range.end()), move |written| {
        written.number().and_then(|number| N::try_from(number).ok()).filter(|number| range.contains(number))
    })
}

/// One of a few values, each with its name; a number is as good as its digits.
pub(super) fn one_of<T: Copy + 'static>(choices: &'static [(&'static str, T)]) -> Kind<T> {
    let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
    Kind::new(format!("one of {}", names.join(", ")), |written| {
        let text = match written {
            Written::File(toml::Value::Integer(number)) => number.to_string(),
            Written::File(toml::Value::Float(number)) => number.to_string(),
            other => other.text()?.to_owned(),
        };
        choices.iter().find(|(name, _)| *name == text).map(|(_, value)| *value)
    })
}

/// What `kind` reads, or `auto` for `None`.
pub(super) fn automatic_or<T: 'static>(kind: Kind<T>) -> Kind<Option<T>> {
    Kind::new(format!("{}, or auto", kind.words), move |written| match written.text() {
        Some("auto") => Some(None),
        _ => (kind.read)(written).ok().map(Some),
    })
}

/// A list: an array in the file, separated by commas in the environment.
pub(super) fn list<T: 'static>(words: &'static str, kind: Kind<T>) -> Kind<Vec<T>> {
    let read = move |written: Written<'_>| {
        let entry = |(number, entry)| (kind.read)(entry).map_err(|problem| format!("entry {number} {problem}"));
        match written {
            Written::File(toml::Value::Array(entries)) => (1..).zip(entries.iter().map(Written::File)).map(entry).collect(),
            Written::File(_) => Err(format!("must be {words}")),
            Written::Text(text) => {
                let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
                (1..).zip(entries.map(Written::Text)).map(entry).collect()
            }
        }
    };
    Kind { words: words.to_owned(), secret: false, read: Box::new(read) }
}

/// What `kind` reads, with one entry at least.
pub(super) fn some<T: 'static>(kind: Kind<Vec<T>>) -> Kind<Vec<T>> {
    let read = move |written: Written<'_>| {
        let entries = (kind.read)(written)?;
        if entries.is_empty() { Err("must have one entry at least".to_owned()) } else { Ok(entries) }
    };
    Kind { words: kind.words, secret: kind.secret, read: Box::new(read) }
}

/// A length of time within bounds, which are in seconds.
pub(super) fn time(range: RangeInclusive<u64>) -> Kind<Duration> {
    let words = format!(
        "a time from {} to {}, in whole seconds or such as 90s, 10m, 8h, 7d",
        in_largest_unit(*range.start()),
        in_largest_unit(*range.end())
    );
    Kind::new(words, move |written| {
        let seconds = match written {
            Written::File(toml::Value::Integer(seconds)) => u64::try_from(*seconds).ok(),
            other => other.text().and_then(seconds),
        };
        seconds.filter(|seconds| range.contains(seconds)).map(Duration::from_secs)
    })
}

const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3600), ('m', 60), ('s', 1)];

/// Reads `8h` or `28800` as seconds.
fn seconds(text: &str) -> Option<u64> {
    let (digits, length) =
        UNITS.iter().find_map(|(unit, length)| text.strip_suffix(*unit).map(|rest| (rest, *length))).unwrap_or((text, 1));
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse::<u64>().ok()?.checked_mul(length)).flatten()
}

fn in_largest_unit(seconds: u64) -> String {
    let (unit, length) = UNITS.into_iter().find(|(_, length)| seconds.is_multiple_of(*length)).unwrap_or(('s', 1));
    format!("{}{unit}", seconds / length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_seconds_or_a_number_with_one_unit() {
        let kind = time(1..=172_800);
        let read = |text| (kind.read)(Written::Text(text)).ok();
        assert_eq!(read("90"), Some(Duration::from_secs(90)));
        assert_eq!(read("90s"), Some(Duration::from_secs(90)));
        assert_eq!(read("10m"), Some(Duration::from_mins(10)));
        assert_eq!(read("2d"), Some(Duration::from_hours(48)));
        for wrong in ["", "s", "-1", "+1", "1.5h", "1h30m", "10 m", "0", "3d", "99999999999999999999d", "9999999999999999d"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        assert_eq!(kind.words, "a time from 1s to 2d, in whole seconds or such as 90s, 10m, 8h, 7d");
    }

    #[test]
    fn a_list_of_the_environment_is_separated_by_commas() {
        let kind = list("numbers", whole_number(1..=9_u32));
        assert_eq!((kind.read)(Written::Text("1, 2,3,")), Ok(vec![1, 2, 3]));
        assert_eq!((kind.read)(Written::Text("")), Ok(vec![]));
        assert_eq!((kind.read)(Written::Text("1,10")), Err("entry 2 must be a whole number from 1 to 9".to_owned()));
    }

    #[test]
    fn auto_stands_for_none() {
        let kind = automatic_or(whole_number(1..=9_u32));
        assert_eq!((kind.read)(Written::Text("auto")), Ok(None));
        assert_eq!((kind.read)(Written::File(&toml::Value::Integer(3))), Ok(Some(3)));
        assert_eq!((kind.read)(Written::Text("10")), Err("must be a whole number from 1 to 9, or auto".to_owned()));
    }
}
