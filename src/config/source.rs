//! Where settings come from: the file, and the environment above it. What was read is taken out, so that what is left is unknown.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use toml::{Table, Value};

use super::kind::{Kind, Written};
use super::problem::Problem;
use super::settings::{Presence, Section, variable};

/// Variables of this program that are no settings: the test suite tells its own parts with them.
const NOT_OURS: &str = "CLAVIGER_TEST_";

/// What Kubernetes tells every container about a service named `claviger`.
const OF_KUBERNETES: [&str; 3] = ["CLAVIGER_SERVICE_HOST", "CLAVIGER_SERVICE_PORT", "CLAVIGER_PORT"];

fn is_a_setting(name: &str) -> bool {
    let of_kubernetes =
        OF_KUBERNETES.iter().any(|known| name.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('_')));
    name.starts_with("CLAVIGER_") && !name.starts_with(NOT_OURS) && !of_kubernetes
}

/// The file and the environment, and what is wrong with them so far.
pub(super) struct Source {
    file: File,
    variables: BTreeMap<String, String>,
    sections: Vec<&'static str>,
    problems: Vec<Problem>,
    unknown: Vec<Problem>,
}

enum File {
    /// There is none.
    Absent,
    /// It can't be read: what it says, and what it leaves out, is not known.
    Unreadable,
    /// What is left of it, and its name.
    Read { name: String, left: Table },
}

impl Source {
    /// Reads the file, if there is one to read, and our variables of the environment.
    pub(super) fn open(path: Option<&Path>, environment: impl Iterator<Item = (String, String)>) -> Self {
        let variables = environment.filter(|(name, _)| is_a_setting(name)).collect();
        let mut problems = Vec::new();
        let file = path.map_or(File::Absent, |path| {
            read_file(path).unwrap_or_else(|problem| {
                problems.push(problem);
                File::Unreadable
            })
        });
        Self { file, variables, sections: Vec::new(), problems, unknown: Vec::new() }
    }

    /// The value of a setting: from the environment, the file or its default; `None` when it is wrong, which is then noted.
    pub(super) fn read<T>(&mut self, section: &str, key: &str, kind: &Kind<T>, presence: Presence) -> Option<T> {
        let from_file = self.take_from_file(section, key);
        let (place, read) = match self.take_from_environment(section, key, kind.secret) {
            Err(problem) => {
                self.problems.push(problem);
                return None;
            }
            Ok(Some((name, text))) => (name, (kind.read)(Written::Text(&text))),
            Ok(None) => match (from_file, presence) {
                (Some(value), _) => (self.place(section, key), (kind.read)(Written::File(&value))),
                (None, Presence::Default(text)) => (self.place(section, key), (kind.read)(Written::Text(text))),
                (None, Presence::Required) if matches!(self.file, File::Unreadable) => return None,
                (None, Presence::Required) => {
                    let missing = format!("is missing; set it to {}, here or as {}", kind.words, variable(section, key));
                    (self.place(section, key), Err(missing))
                }
            },
        };
        read.map_err(|what| self.problems.push(Problem::new(place, what))).ok()
    }

    /// The tables of an array of tables, each with where it stands; what else the key has is noted.
    pub(super) fn take_tables(&mut self, key: &str) -> Vec<(String, Table)> {
        let Some(value) = self.take_from_file("", key) else { return Vec::new() };
        let place = self.place("", key);
        let Value::Array(values) = value else {
            self.problems.push(Problem::new(place, format!("is a list: write [[{key}]] above each one")));
            return Vec::new();
        };
        let mut tables = Vec::new();
        for (index, value) in values.into_iter().enumerate() {
            match value {
                Value::Table(table) => tables.push((format!("{place}[{index}]"), table)),
                _ => self.problems.push(Problem::new(format!("{place}[{index}]"), "must be a table")),
            }
        }
        tables
    }

    /// Notes a problem.
    pub(super) fn note(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// Notes every key of `S` that nobody read.
    pub(super) fn refuse_other_keys<S: Section>(&mut self) {
        if S::KEY.is_empty() {
            return;
        }
        self.sections.push(S::KEY);
        let File::Read { left, .. } = &mut self.file else { return };
        let known: Vec<_> = S::settings().iter().map(|setting| setting.key).collect();
        let what = format!("is no setting; [{}] has {}", S::KEY, known.join(", "));
        match left.remove(S::KEY) {
            Some(Value::Table(others)) => {
                let others: Vec<_> = others.keys().map(|key| Problem::new(self.place(S::KEY, key), &what)).collect();
                self.unknown.extend(others);
            }
            Some(_) => {
                let place = self.place("", S::KEY);
                self.unknown.push(Problem::new(place, format!("is a section; write [{}] and its settings below it", S::KEY)));
            }
            None => {}
        }
    }

    /// All problems, once every section has been read.
    pub(super) fn into_problems(mut self) -> Vec<Problem> {
        self.problems.append(&mut self.unknown);
        if let File::Read { left, .. } = &self.file {
            let no_section = format!("is no section; there are {}", self.sections.join(", "));
            let problem = |(key, value): (&String, &Value)| {
                let what = if value.is_table() { &no_section } else { "is no setting; outside a section there is only issuer" };
                Problem::new(self.place("", key), what)
            };
            let mut others: Vec<_> = left.iter().map(problem).collect();
            self.problems.append(&mut others);
        }
        let unknown = "is no setting; see the configuration reference for the names that there are";
        self.problems.extend(self.variables.into_keys().map(|name| Problem::new(name, unknown)));
        self.problems
    }

    fn take_from_file(&mut self, section: &str, key: &str) -> Option<Value> {
        let File::Read { left, .. } = &mut self.file else { return None };
        if section.is_empty() { left.remove(key) } else { left.get_mut(section)?.as_table_mut()?.remove(key) }
    }

    fn take_from_environment(&mut self, section: &str, key: &str, secret: bool) -> Result<Option<(String, String)>, Problem> {
        let name = variable(section, key);
        let file_name = format!("{name}_FILE");
        let path = if secret { self.variables.remove(&file_name) } else { None };
        match (self.variables.remove(&name), path) {
            (Some(_), Some(_)) => Err(Problem::new(name, format!("is given together with {file_name}; keep one of them"))),
            (Some(text), None) => Ok(Some((name, text))),
            (None, Some(path)) => match fs::read_to_string(&path) {
                Ok(text) => Ok(Some((file_name, text.trim_end_matches(['\r', '\n']).to_owned()))),
                Err(error) => Err(Problem::new(file_name, format!("cannot read {path}: {error}"))),
            },
            (None, None) => Ok(None),
        }
    }

    fn place(&self, section: &str, key: &str) -> String {
        let key = if section.is_empty() { key.to_owned() } else { format!("{section}.{key}") };
        match &self.file {
            File::Read { name, .. } => format!("{name}: {key}"),
            File::Absent | File::Unreadable => key,
        }
    }
}

fn read_file(path: &Path) -> Result<File, Problem> {
    let name = path.display().to_string();
    let text = fs::read_to_string(path).map_err(|error| Problem::new(&name, format!("cannot be read: {error}")))?;
    // The error's own `Display` quotes the line, which may hold a password: only its message is passed on.
    let left = text.parse::<Table>().map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        Problem::new(format!("{name}: line {line}"), error.message().replace('\n', ", "))
    })?;
    Ok(File::Read { name, left })
}
