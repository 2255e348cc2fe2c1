//! Lists in pages. Where one ends, an opaque cursor leads on.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;

use crate::flow::manage::Refused;

/// The most items of one page.
pub const LARGEST_PAGE: u32 = 200;
/// The items of a page when nobody says how many.
const USUAL_PAGE: u32 = 50;

/// Which page is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest {
    limit: u32,
    after: Option<String>,
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// Leads to the next page; `None` on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl PageRequest {
    /// Reads how many items are wanted (1 to [`LARGEST_PAGE`], 50 when it is not said) and where the page before led to.
    pub fn parse(limit: Option<u32>, cursor: Option<&str>) -> Result<Self, Refused> {
        let limit = limit.unwrap_or(USUAL_PAGE);
        if !(1..=LARGEST_PAGE).contains(&limit) {
            return Err(Refused::field("limit", format!("must be 1 to {LARGEST_PAGE}")));
        }
        let after = cursor.map(|cursor| {
            let name = URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|name| String::from_utf8(name).ok());
            name.ok_or_else(|| Refused::field("cursor", "is none of ours"))
        });
        Ok(Self { limit, after: after.transpose()? })
    }

    /// The name after which the page begins.
    pub(super) fn after(&self) -> Option<&str> {
        self.after.as_deref()
    }

    /// How many items to look for: one more than asked for, which tells whether another page follows.
    pub(super) fn fetch(&self) -> u64 {
        u64::from(self.limit) + 1
    }

    /// The page of what was found, by their names.
    pub(super) fn page<T>(&self, mut found: Vec<T>, name: impl Fn(&T) -> &str) -> Page<T> {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| more).map(|last| URL_SAFE_NO_PAD.encode(name(last)));
        Page { items: found, next }
    }

    /// The page of a list that is there as a whole, in whatever order: by its names.
    pub(super) fn page_of<T>(&self, all: impl IntoIterator<Item = T>, name: impl Fn(&T) -> &str) -> Page<T> {
        let mut rest: Vec<T> = all.into_iter().filter(|item| self.after().is_none_or(|after| name(item) > after)).collect();
        rest.sort_by(|one, other| name(one).cmp(name(other)));
        self.page(rest, name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_of_a_list_have_everything_once() {
        let all = ["e", "A", "d", "B", "c"];
        for limit in 1..=6 {
            let (mut seen, mut cursor) = (Vec::new(), None::<String>);
            loop {
                let page = PageRequest::parse(Some(limit), cursor.as_deref()).unwrap().page_of(all, |item| item);
                seen.extend(page.items);
                cursor = page.next;
                if cursor.is_none() {
                    break;
                }
            }
            assert_eq!(seen, ["A", "B", "c", "d", "e"], "{limit} a page");
        }
    }

    #[test]
    fn a_page_has_bounds_and_a_cursor_is_ours() {
        for limit in [0, LARGEST_PAGE + 1, u32::MAX] {
            assert!(PageRequest::parse(Some(limit), None).is_err(), "{limit}");
        }
        for cursor in ["' OR 1=1 --", "a b", "_w", "\u{0}"] {
            assert!(PageRequest::parse(None, Some(cursor)).is_err(), "{cursor:?}");
        }
    }
}
