//! The reference of every setting, made from their declarations.

use std::fmt::Write;

use super::settings::{Described, Presence, Section, variable};
use super::top::Top;
use super::{ApiKeys, Database, Docs, Keys, Log, Login, Outbound, Password, Registration, Server, Session, Tls, provider};

/// The text of `docs/configuration.md`.
#[must_use]
pub fn reference() -> String {
    let mut page = String::from(INTRODUCTION);
    section::<Top>(&mut page);
    section::<Server>(&mut page);
    section::<Tls>(&mut page);
    section::<Database>(&mut page);
    section::<Keys>(&mut page);
    section::<Password>(&mut page);
    section::<Login>(&mut page);
    section::<Session>(&mut page);
    section::<Log>(&mut page);
    section::<Docs>(&mut page);
    section::<ApiKeys>(&mut page);
    section::<Registration>(&mut page);
    section::<Outbound>(&mut page);
    provider::reference(&mut page);
    page
}

const INTRODUCTION: &str = "# Configuration

<!-- Made from the declarations in `src/config/`: change those. -->

`claviger serve --config claviger.toml` reads its settings from a TOML file and from the environment; a variable wins over the file.
A setting that is wrong, unknown or missing stops the server before it starts, and all of them are reported at once. Times are whole
seconds or a number with a unit: `90s`, `10m`, `8h`, `7d`. Lists are arrays in the file and separated by commas in a variable.
Where a variable with `_FILE` at its end is named, it may name a file that holds the value instead. Every variable that begins with
`CLAVIGER_` has to be one of these, but for `CLAVIGER_TEST_…`, which the tests use.
";

fn section<S: Section>(page: &mut String) {
    let heading = if S::KEY.is_empty() { "Outside a section".to_owned() } else { format!("`[{}]`", S::KEY) };
    // Writing to a text cannot fail.
    let _ =
        write!(page, "\n## {heading}\n\n{}\n\n| Setting | Type | Default | Environment | Meaning |\n|---|---|---|---|---|\n", S::about());
    for setting in S::settings() {
        let _ = writeln!(page, "{}", row(S::KEY, &setting));
    }
}

fn row(section: &str, setting: &Described) -> String {
    let default = match setting.presence {
        Presence::Required => "required".to_owned(),
        Presence::Default("") => "empty".to_owned(),
        Presence::Default(text) => format!("`{text}`"),
    };
    let name = variable(section, setting.key);
    let file = if setting.secret { format!(", `{name}_FILE`") } else { String::new() };
    format!("| `{}` | {} | {default} | `{name}`{file} | {} |", setting.key, setting.words, setting.meaning)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_has_a_row_for_every_setting() {
        let page = reference();
        assert!(page.contains("\n## `[session]`\n\nHow long people stay signed in.\n\n| Setting |"), "{page}");
        assert!(page.contains("| required | `CLAVIGER_ISSUER` | The issuer: "), "{page}");
        assert!(page.contains("| `CLAVIGER_DATABASE_URL`, `CLAVIGER_DATABASE_URL_FILE` | Where the database is: "), "{page}");
        assert!(page.contains("\n| `rsa_bits` | one of 2048, 3072, 4096 | `2048` | `CLAVIGER_KEYS_RSA_BITS` | "), "{page}");
        assert!(page.contains("| empty | `CLAVIGER_SERVER_TRUSTED_PROXIES` | "), "{page}");
    }

    #[test]
    fn a_row_has_five_cells() {
        let page = reference();
        let (settings, _) = page.split_once("## `[[provider]]`").unwrap();
        for row in settings.lines().filter(|line| line.starts_with('|')) {
            assert_eq!(row.matches('|').count(), 6, "{row}");
        }
    }
}
