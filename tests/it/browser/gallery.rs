//! How a page looks, on a desk by day and by night and on a telephone: nothing is cut off, and axe-core finds nothing that keeps somebody
//! out. Pictures go to the folder that `CLAVIGER_TEST_SCREENSHOTS` names.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::chromium::Chromium;
use crate::actors::TestServer;

/// Made by Deque, and installed by `scripts/test`.
const AXE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/browser/node_modules/axe-core/axe.min.js");

/// What sticks out of the window on either side.
const CUT_OFF: &str = "return [...document.body.querySelectorAll('*')].map(element => [element, element.getBoundingClientRect()])
    .filter(([, box]) => box.width > 1 && box.bottom > 0 && (box.left < -1 || box.right > innerWidth + 1))
    .map(([element]) => `sticks out: ${element.outerHTML}`)";

/// What axe-core objects to, as lines. It would not judge any colours because of the band behind the head of the page, which is a
/// pseudo-element; below the head, colours stand on what they seem to stand on.
const OBJECTIONS: &str = "const done = arguments[0];
    const contrast = { normal: { expected: 4.5 }, large: { expected: 3 } };
    const options = { ignorePseudo: true, ignoreUnicode: true, ignoreLength: false, boldValue: 700, boldTextPt: 14, largeTextPt: 18,
        contrastRatio: contrast, pseudoSizeThreshold: 0.25, shadowOutlineEmMax: 0.2, textStrokeEmMin: 0.03 };
    axe.configure({ checks: [{ id: 'color-contrast', options }], rules: [{ id: 'color-contrast', selector: 'main *, footer *' }] });
    axe.run({ resultTypes: ['violations'] }).then(found => done(found.violations.flatMap(rule =>
        rule.nodes.map(node => `${rule.impact} ${rule.id}: ${rule.help}: ${node.html}: ${node.failureSummary}`))), error => done([String(error)]))";

#[derive(Clone, Copy)]
struct View {
    name: &'static str,
    scheme: &'static str,
    width: u32,
    height: u32,
    phone: bool,
}

const VIEWS: [View; 4] = [
    View { name: "light", scheme: "light", width: 1000, height: 760, phone: false },
    View { name: "dark", scheme: "dark", width: 1000, height: 760, phone: false },
    View { name: "phone", scheme: "light", width: 390, height: 844, phone: true },
    View { name: "phone-dark", scheme: "dark", width: 390, height: 844, phone: true },
];

pub struct Gallery {
    axe: String,
    /// What does not count, by its impact.
    excused: &'static [&'static str],
    pictures: Option<PathBuf>,
}

impl Gallery {
    pub fn new() -> Self {
        let axe = fs::read_to_string(AXE).unwrap_or_else(|error| {
            panic!("axe-core cannot be read from {AXE} ({error}): run npm ci in tests/it/browser, or scripts/test, which installs it")
        });
        let pictures = std::env::var_os("CLAVIGER_TEST_SCREENSHOTS").filter(|folder| !folder.is_empty()).map(PathBuf::from);
        Self { axe, excused: &[], pictures }
    }

    /// One for a page whose markup is not ours: what is minor or moderate in it is left to whoever makes it.
    pub fn of_others() -> Self {
        Self { excused: &["minor ", "moderate "], ..Self::new() }
    }

    /// Looks at the page that the browser shows.
    pub async fn look(&self, browser: &Chromium, name: &str) {
        for view in VIEWS {
            view.apply(browser).await;
            let faults = self.faults(browser).await;
            assert!(faults.is_empty(), "{name}, {}: {faults:#?}", view.name);
            if let Some(folder) = &self.pictures {
                picture(browser, &folder.join(format!("{name}-{}.png", view.name))).await;
            }
        }
        // WCAG 2.2 §1.4.10: as wide as a page on a desk is at 400 %.
        View { width: 320, ..VIEWS[0] }.apply(browser).await;
        let faults = self.faults(browser).await;
        assert!(faults.is_empty(), "{name}, in a narrow window: {faults:#?}");
        VIEWS[0].apply(browser).await;
    }

    async fn faults(&self, browser: &Chromium) -> Vec<String> {
        browser.script(&self.axe).await;
        let (objections, cut_off) = (browser.asynchronous_script(OBJECTIONS).await, browser.script(CUT_OFF).await);
        let objections = objections.as_array().unwrap().iter().map(|objection| objection.as_str().unwrap());
        let counted = objections.filter(|objection| !self.excused.iter().any(|impact| objection.starts_with(impact)));
        counted.chain(cut_off.as_array().unwrap().iter().map(|element| element.as_str().unwrap())).map(str::to_owned).collect()
    }
}

impl View {
    async fn apply(self, browser: &Chromium) {
        let Self { scheme, width, height, phone, .. } = self;
        // Colours that are still fading into each other are those of neither scheme.
        let features = [("prefers-color-scheme", scheme), ("prefers-reduced-motion", "reduce")];
        let features: Vec<Value> = features.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
        browser.devtools("Emulation.setEmulatedMedia", json!({ "features": features })).await;
        let scale = if phone { 2 } else { 1 };
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": scale, "mobile": phone });
        browser.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
    }
}

async fn picture(browser: &Chromium, path: &Path) {
    let picture = browser.devtools("Page.captureScreenshot", json!({ "captureBeyondViewport": true })).await;
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, STANDARD.decode(picture["data"].as_str().unwrap()).unwrap()).unwrap();
}

#[tokio::test]
async fn it_notices_what_keeps_people_out() {
    let gallery = Gallery::new();
    let server = TestServer::start().await;
    let browser = Chromium::start().await;
    for (script, fault) in [
        ("document.querySelector('label').remove()", "critical label: "),
        ("document.querySelector('label').style.color = '#bbb'", "serious color-contrast: "),
        ("document.querySelector('h1').style.width = '1001px'", "sticks out: <h1"),
    ] {
        browser.open(&server.url("/login")).await;
        VIEWS[0].apply(&browser).await;
        assert_eq!(gallery.faults(&browser).await, Vec::<String>::new());
        browser.script(script).await;
        let faults = gallery.faults(&browser).await;
        assert!(faults.iter().any(|found| found.contains(fault)), "{fault}: {faults:#?}");
    }
    browser.close().await;
}
