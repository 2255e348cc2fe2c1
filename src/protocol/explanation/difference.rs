//! Where two texts differ, to the character.

use super::shown::{LONGEST, visible};

/// The longest beginning that two texts may share and still be shown from their first character on.
const FROM_THE_START: usize = 150;
/// How much of the common beginning is shown otherwise.
const LEAD: usize = 40;
/// Stands for what is cut off.
const CUT: &str = "...";

/// Two texts as they are shown, and where they differ.
pub(super) struct Difference {
    pub(super) expected: String,
    pub(super) came: String,
    /// The first character of `came` that differs, counted from 0 in what is shown.
    pub(super) at: Option<usize>,
    /// The same in words.
    pub(super) words: Option<String>,
}

pub(super) fn difference(expected: &str, came: &str) -> Difference {
    let (wanted, found): (Vec<char>, Vec<char>) = (visible(expected).chars().collect(), visible(came).chars().collect());
    let common = wanted.iter().zip(&found).take_while(|(wanted, found)| wanted == found).count();
    let differs = common < wanted.len().max(found.len());
    let start = if common > FROM_THE_START { common - LEAD } else { 0 };
    let words = if differs {
        let (wanted, found) = (called(wanted.get(common)), called(found.get(common)));
        Some(format!("character {}: {wanted} was expected, {found} came", common + 1))
    } else {
        (expected != came).then(|| "they differ in a part that is not shown".to_owned())
    };
    let at = differs.then_some(if start == 0 { common } else { common - start + CUT.len() });
    Difference { expected: excerpt(&wanted, start), came: excerpt(&found, start), at, words }
}

fn excerpt(text: &[char], start: usize) -> String {
    let shown: String = text.iter().skip(start).take(LONGEST).collect();
    let (before, after) = (if start > 0 { CUT } else { "" }, if text.len() > start + LONGEST { CUT } else { "" });
    format!("{before}{shown}{after}")
}

fn called(character: Option<&char>) -> String {
    match character {
        None => "the end".to_owned(),
        Some(' ') => "a space".to_owned(),
        Some(character) => format!("\"{character}\""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_difference_is_named() {
        for (expected, came, at, words) in [
            ("https://a.example/cb", "https://a.example/CB", 18, "character 19: \"c\" was expected, \"C\" came"),
            ("https://a.example/cb", "https://a.example/cb/", 20, "character 21: the end was expected, \"/\" came"),
            ("https://a.example/cb", "https://a.example/c", 19, "character 20: \"b\" was expected, the end came"),
            ("https://a.example/cb", "https://a.example/cb ", 20, "character 21: the end was expected, a space came"),
            ("https://a.example/cb", "https://\u{430}.example/cb", 8, "character 9: \"a\" was expected, \"\\\" came"),
        ] {
            let difference = difference(expected, came);
            assert_eq!((difference.at, difference.words.as_deref()), (Some(at), Some(words)), "{came}");
        }
        let same = difference("a", "a");
        assert_eq!((same.at, same.words), (None, None));
        let hidden = difference("/cb?code=1", "/cb?code=2");
        assert_eq!((hidden.at, hidden.words.as_deref()), (None, Some("they differ in a part that is not shown")));
    }

    #[test]
    fn a_difference_far_behind_is_shown_with_what_stands_around_it() {
        let expected = format!("https://a.example/{}", "x".repeat(1000));
        let came = expected.replacen('x', "y", 901).replacen('y', "x", 900);
        let difference = difference(&expected, &came);
        let at = difference.at.unwrap();
        assert_eq!((difference.expected.chars().nth(at), difference.came.chars().nth(at)), (Some('x'), Some('y')));
        assert!(difference.came.starts_with("...x") && difference.came.len() < 210, "{}", difference.came);
        assert_eq!(difference.words.as_deref(), Some("character 918: \"x\" was expected, \"y\" came"));
    }
}
