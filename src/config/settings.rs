//! How a section declares its settings, once.

use super::source::Source;

/// Whether a setting may be left out.
#[derive(Clone, Copy)]
pub(super) enum Presence {
    /// It has to be given.
    Required,
    /// It may be left out; this is what it is then, written as in the environment.
    Default(&'static str),
}

/// A section of the configuration.
pub(super) trait Section: Sized {
    /// Its name in the file; empty for the settings outside a section.
    const KEY: &'static str;

    /// What it is about.
    fn about() -> String;

    /// Its settings, for the reference and the refusal of unknown ones.
    fn settings() -> Vec<Described>;

    /// Its values; `None` when one of them is wrong, which `source` then knows about.
    fn read(source: &mut Source) -> Option<Self>;
}

/// A setting as the reference shows it.
pub(super) struct Described {
    pub(super) key: &'static str,
    pub(super) words: String,
    pub(super) presence: Presence,
    pub(super) secret: bool,
    pub(super) meaning: String,
}

/// The variable of the environment that gives a setting.
pub(super) fn variable(section: &str, key: &str) -> String {
    let separator = if section.is_empty() { "" } else { "_" };
    format!("CLAVIGER_{section}{separator}{key}").to_uppercase()
}

/// The lines of a doc comment as one sentence.
pub(super) fn sentence(lines: &[&str]) -> String {
    lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")
}

/// Declares a section: the struct, and everything that [`Section`] says about it.
macro_rules! settings {
    (
        $(#[doc = $about:literal])+
        $visibility:vis $section:ident $section_key:literal
        $( $(#[doc = $meaning:literal])+ $key:ident: $type:ty = $kind:expr, $presence:expr; )+
    ) => {
        $(#[doc = $about])+
        #[derive(Clone, Debug)]
        $visibility struct $section {
            $( $(#[doc = $meaning])+ $visibility $key: $type, )+
        }

        impl $crate::config::settings::Section for $section {
            const KEY: &'static str = $section_key;

            fn about() -> String {
                $crate::config::settings::sentence(&[$($about),+])
            }

            fn settings() -> Vec<$crate::config::settings::Described> {
                vec![$({
                    let kind: $crate::config::kind::Kind<$type> = $kind;
                    $crate::config::settings::Described {
                        key: stringify!($key),
                        words: kind.words,
                        presence: $presence,
                        secret: kind.secret,
                        meaning: $crate::config::settings::sentence(&[$($meaning),+]),
                    }
                }),+]
            }

            fn read(source: &mut $crate::config::source::Source) -> Option<Self> {
                $( let $key: Option<$type> = source.read($section_key, stringify!($key), &$kind, $presence); )+
                source.refuse_other_keys::<Self>();
                Some(Self { $( $key: $key?, )+ })
            }
        }
    };
}

pub(super) use settings;
