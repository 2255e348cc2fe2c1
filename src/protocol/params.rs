//! Request parameters as OAuth defines them (RFC 6749 §3.1, §3.2 and Appendix B): `application/x-www-form-urlencoded`,
//! an empty value counts as absent, an unknown parameter is ignored, a repeated one is refused.

use std::fmt;

use url::form_urlencoded;

use crate::protocol::explanation::{Explanation, Fact};

/// Parameters that a specification allows to repeat: `resource` (RFC 8707 §2).
const REPEATABLE: [&str; 1] = ["resource"];

/// The parameters of a request, from its query or its body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params {
    pairs: Vec<(String, String)>,
    repeated: Option<String>,
}

/// The most parameters of one request: no specification has as many, and looking for repeated ones takes time.
const MOST: usize = 200;

/// The text is no `application/x-www-form-urlencoded` UTF-8, or has more parameters than anybody needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the parameters are not form-urlencoded UTF-8, or more than {MOST}")]
pub struct Malformed;

/// A parameter that may stand once stood twice (RFC 6749 §3.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeated(pub String);

impl Malformed {
    /// What was expected.
    #[must_use]
    pub fn explain(self) -> Explanation {
        let expected = format!("application/x-www-form-urlencoded UTF-8, {MOST} parameters at most");
        Explanation::of(Fact::of("parameters").expected(expected).came("something else"))
    }
}

impl Repeated {
    /// The parameter, if its name can be one of a specification: a name that is anything else may be whatever somebody sent by mistake.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
        Some(self.0.as_str()).filter(|name| name.len() <= 40 && name.bytes().all(plain))
    }

    /// Which parameter it is.
    #[must_use]
    pub fn explain(&self) -> Explanation {
        let fact = Fact::of("parameter").expected("each parameter once").came(format!("{self}"));
        Explanation::of(fact.note("RFC 6749 section 3.1 and 3.2")).advise("Send the parameter once. Only resource may stand several times.")
    }
}

impl fmt::Display for Repeated {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(formatter, "the parameter {name:?} is repeated"),
            None => formatter.write_str("a parameter is repeated whose name is none of a specification"),
        }
    }
}

impl std::error::Error for Repeated {}

impl Params {
    /// Reads a query string or a form body.
    pub fn parse(raw: &[u8]) -> Result<Self, Malformed> {
        let mut params = Self::default();
        for (name, value) in form_urlencoded::parse(raw) {
            if params.pairs.len() == MOST {
                return Err(Malformed);
            }
            // The decoder puts U+FFFD where bytes are no UTF-8; a sender that means U+FFFD itself loses nothing by being refused.
            if name.contains('\u{FFFD}') || value.contains('\u{FFFD}') {
                return Err(Malformed);
            }
            if params.repeated.is_none() && !REPEATABLE.contains(&&*name) && params.pairs.iter().any(|(known, _)| *known == name) {
                params.repeated = Some(name.clone().into_owned());
            }
            params.pairs.push((name.into_owned(), value.into_owned()));
        }
        Ok(params)
    }

    /// Refuses the request when any parameter is repeated.
    pub fn once_each(&self) -> Result<(), Repeated> {
        self.repeated.as_ref().map_or(Ok(()), |name| Err(Repeated(name.clone())))
    }

    /// The value of a parameter that may stand once; `None` when it is absent or empty.
    pub fn one(&self, name: &str) -> Result<Option<&str>, Repeated> {
        let mut found = self.pairs.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let first = found.next();
        if found.next().is_some() { Err(Repeated(name.to_owned())) } else { Ok(first.filter(|value| !value.is_empty())) }
    }

    /// The first value of a parameter after [`Params::once_each`] held; `None` when it is absent or empty.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// Every value that is not empty, of a parameter that may repeat.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.pairs.iter().filter(move |(known, value)| known == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// These parameters with those of a request object laid over them (OpenID Connect Core §6.1), or the object's alone, but for who asks
    /// (RFC 9101 §6.3). What stood twice outside stays refused.
    #[must_use]
    pub fn overlaid(&self, inner: Vec<(String, String)>, alone: bool) -> Self {
        let is_inner = |name: &str| inner.iter().any(|(known, _)| known == name);
        let stays = |name: &str| !matches!(name, "request" | "request_uri") && !is_inner(name) && (!alone || name == "client_id");
        let outer: Vec<(String, String)> = self.pairs.iter().filter(|(name, _)| stays(name)).cloned().collect();
        Self { pairs: outer.into_iter().chain(inner).collect(), repeated: self.repeated.clone() }
    }

    /// The same request with the object in place of its address.
    #[must_use]
    pub fn with_object(&self, object: &str) -> Self {
        let place = |(name, value): &(String, String)| match name.as_str() {
            "request_uri" => ("request".to_owned(), object.to_owned()),
            _ => (name.clone(), value.clone()),
        };
        Self { pairs: self.pairs.iter().map(place).collect(), repeated: self.repeated.clone() }
    }

    /// The parameters written out again, as a query string.
    #[must_use]
    pub fn to_query(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.pairs).finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_empty_value_is_absent_and_a_repeated_one_is_refused() {
        let params = Params::parse(b"a=1&b=&c=x+y%26&a=2&resource=r&resource=s").unwrap();
        assert_eq!(params.one("b"), Ok(None));
        assert_eq!(params.one("c"), Ok(Some("x y&")));
        assert_eq!(params.one("a"), Err(Repeated("a".into())));
        assert_eq!(params.once_each(), Err(Repeated("a".into())));
        assert_eq!(params.all("resource").collect::<Vec<_>>(), ["r", "s"]);
        assert_eq!(Params::parse(b"resource=r&resource=s").unwrap().once_each(), Ok(()));
    }

    #[test]
    fn bytes_that_are_no_utf8_are_refused() {
        assert_eq!(Params::parse(b"a=%ff"), Err(Malformed));
        assert_eq!(Params::parse(b"a=\xff"), Err(Malformed));
    }

    #[test]
    fn more_parameters_than_anybody_needs_are_refused() {
        let many = |count: usize| (0..count).map(|number| format!("p{number}=1")).collect::<Vec<_>>().join("&");
        assert!(Params::parse(many(MOST).as_bytes()).is_ok());
        assert_eq!(Params::parse(many(MOST + 1).as_bytes()), Err(Malformed));
    }

    proptest! {
        #[test]
        fn what_is_written_out_reads_back(pairs in proptest::collection::vec(("[^\u{FFFD}]{1,8}", "[^\u{FFFD}]{0,16}"), 0..8)) {
            let written = form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
            let params = Params::parse(written.as_bytes()).unwrap();
            prop_assert_eq!(Params::parse(params.to_query().as_bytes()).unwrap(), params);
        }

        #[test]
        fn no_bytes_make_it_panic(raw in proptest::collection::vec(any::<u8>(), 0..256)) {
            let _ = Params::parse(&raw);
        }
    }
}
