use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::sync::Barrier;

use super::*;
use crate::signing::KeyState;
use crate::signing::fixture::{Folder, at};

fn kids(folder: &KeyFolder) -> Vec<Kid> {
    folder.keyring().unwrap().keys().map(|key| key.kid().clone()).collect()
}

fn files(folder: &KeyFolder) -> BTreeSet<String> {
    fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn refusal(folder: &KeyFolder) -> String {
    folder.keyring().err().unwrap().to_string()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o777
}

#[test]
fn the_first_start_makes_an_active_and_a_next_key_that_only_their_owner_can_read() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("deep/keys");
    let missing = KeyFolder::open(&path).unwrap_err().to_string();
    assert!(missing.contains("keyring.json does not exist; start the server once"), "{missing}");

    let folder = KeyFolder::open_or_create(&path, KeySize::default(), &Random::seeded(10), at(5)).unwrap();
    assert_eq!(mode(&path), 0o700);
    let made = kids(&folder);
    let states: Vec<_> = folder.keyring().unwrap().keys().map(Key::state).collect();
    assert_eq!(states, [KeyState::Active { since: at(5) }, KeyState::Next { since: at(5) }]);
    for kid in &made {
        assert_eq!(mode(&path.join(format!("{kid}.pem"))), 0o600);
    }

    let again = KeyFolder::open_or_create(&path, KeySize::default(), &Random::seeded(11), at(6)).unwrap();
    assert_eq!(kids(&again), made, "the second start changes nothing");
    assert_eq!(kids(&KeyFolder::open(&path).unwrap()), made);
}

#[test]
fn two_first_starts_at_once_agree() {
    let home = tempfile::tempdir().unwrap();
    let start = |seed| {
        let folder = KeyFolder::open_or_create(home.path(), KeySize::default(), &Random::seeded(seed), at(0)).unwrap();
        kids(&folder)
    };
    let (one, other) = std::thread::scope(|scope| {
        let (one, other) = (scope.spawn(|| start(20)), scope.spawn(|| start(21)));
        (one.join().unwrap(), other.join().unwrap())
    });
    assert_eq!(one, other);
}

#[test]
fn a_key_that_others_can_read_is_refused_with_the_command_that_mends_it() {
    let folder = Folder::new(22);
    let path = folder.path().join(key_file(folder.keyring().unwrap().active().kid()));
    fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    let refusal = refusal(&folder);
    let (_, command) = refusal.split_once("; run: ").unwrap();
    assert_eq!(command, format!("chmod 600 {}", path.display()));
    assert!(std::process::Command::new("sh").args(["-c", command]).status().unwrap().success());
    assert!(folder.keyring().is_ok());
}

#[test]
fn a_damaged_folder_is_refused_with_the_name_of_the_file() {
    let folder = Folder::new(23);
    let list = folder.path().join(LIST);
    let good = fs::read_to_string(&list).unwrap();
    for (bad, problem) in [
        ("", "EOF while parsing"),
        (r#"{"keys":[]}"#, "exactly one active key"),
        (&good.replace(r#""keys""#, r#""more":1,"keys""#), "unknown field `more`"),
        (&good.replace(r#""kid": ""#, r#""kid": "../"#), "43 characters of base64url"),
    ] {
        fs::write(&list, bad).unwrap();
        let refusal = refusal(&folder);
        assert!(refusal.starts_with(&format!("{} is damaged: ", list.display())), "{refusal}");
        assert!(refusal.contains(problem), "{refusal}");
        assert!(folder.folder().rotate(SigningAlgorithm::Rs256, KeySize::default(), &Random::seeded(1), at(0), Duration::ZERO).is_err());
        assert_eq!(fs::read_to_string(&list).unwrap(), bad, "a list that we can't read is never overwritten");
    }
    fs::write(&list, good).unwrap();

    let [active, next]: [PathBuf; 2] =
        kids(&folder).iter().map(|kid| folder.path().join(key_file(kid))).collect::<Vec<_>>().try_into().unwrap();
    fs::copy(&next, &active).unwrap();
    assert!(refusal(&folder).starts_with(&format!("{} holds another key", active.display())));
    fs::write(&active, "hello").unwrap();
    assert!(refusal(&folder).starts_with(&format!("{} is not in PEM format", active.display())));
    fs::remove_file(&active).unwrap();
    assert!(refusal(&folder).starts_with(&format!("cannot read {}", active.display())));
}

#[test]
fn a_rotation_moves_every_key_on_and_deletes_the_ended() {
    let folder = Folder::new(24);
    let before = kids(&folder);
    let rotation = folder.rotate(at(100));
    assert_eq!([rotation.retired.clone(), rotation.active.clone()].as_slice(), before);
    assert_eq!(kids(&folder), [rotation.active, rotation.next, rotation.retired.clone()]);

    let KeyState::Retired { until, .. } = folder.keyring().unwrap().keys().last().unwrap().state() else { panic!("retired") };
    let last = folder.rotate(until);
    assert_eq!(last.removed, [rotation.retired]);
    let mut expected: BTreeSet<_> = kids(&folder).iter().map(key_file).collect();
    assert_eq!(expected.len(), 3);
    expected.extend([LIST.to_owned(), ".lock".to_owned()]);
    assert_eq!(files(&folder), expected);
}

#[test]
fn a_key_that_nobody_can_know_yet_does_not_sign() {
    let folder = Folder::new(27);
    let before = kids(&folder);
    let rotate =
        |now| folder.folder().rotate(SigningAlgorithm::Rs256, KeySize::default(), &Random::seeded(28), now, Duration::from_secs(100));
    assert!(matches!(rotate(at(99)), Err(KeyFolderFailure::TooYoung { kid }) if kid == before[1]));
    assert_eq!(kids(&folder), before);
    assert_eq!(rotate(at(100)).unwrap().active, before[1]);
    assert!(rotate(at(100)).is_err(), "the one that was made just now is as young again");
}

#[test]
fn rotations_at_once_happen_one_after_the_other() {
    let (folder, random) = (Folder::new(25), Random::seeded(26));
    let made = [(); 4].map(|()| PrivateKey::make(SigningAlgorithm::Rs256, KeySize::default(), &random).unwrap());
    let together = Barrier::new(made.len());
    std::thread::scope(|scope| {
        for made in &made {
            scope.spawn(|| {
                together.wait();
                folder.rotate_to(made, at(0), Duration::ZERO).unwrap();
            });
        }
    });
    let keyring = folder.keyring().unwrap();
    let count = |wanted: fn(KeyState) -> bool| keyring.keys().filter(|key| wanted(key.state())).count();
    assert_eq!(count(|state| matches!(state, KeyState::Active { .. })), 1);
    assert_eq!(count(|state| matches!(state, KeyState::Next { .. })), 1);
    assert_eq!(count(|state| matches!(state, KeyState::Retired { .. })), 4);
    let mut expected: BTreeSet<_> = kids(&folder).iter().map(key_file).collect();
    expected.extend([LIST.to_owned(), ".lock".to_owned()]);
    assert_eq!(files(&folder), expected);
}

#[test]
fn an_imported_key_signs_after_the_next_rotation() {
    let (folder, elsewhere) = (Folder::new(28), Folder::new(29));
    let foreign = elsewhere.keyring().unwrap().active().kid().clone();
    let pem = fs::read_to_string(elsewhere.path().join(key_file(&foreign))).unwrap();
    let before = kids(&folder);
    let import = |now| folder.folder().import(&pem, None, KeySize::default(), &Random::seeded(0), now);
    let imported = import(at(7)).unwrap();
    assert_eq!((imported.algorithm, &imported.next), (SigningAlgorithm::Rs256, &foreign));
    assert_eq!(Some(&imported.replaced), before.last());
    assert!(!folder.path().join(key_file(&imported.replaced)).exists());
    assert_eq!(mode(&folder.path().join(key_file(&foreign))), 0o600);
    let twice = import(at(8)).unwrap_err().to_string();
    assert!(twice.contains("already"), "{twice}");
    assert_eq!(folder.rotate(at(9)).active, foreign);
}

#[test]
fn what_a_crash_left_behind_is_ignored() {
    let (folder, elsewhere) = (Folder::new(30), Folder::new(31));
    let before = kids(&folder);
    fs::write(folder.path().join(".keyring.json.tmp"), r#"{"keys":["#).unwrap();
    let orphan = elsewhere.keyring().unwrap().active().kid().clone();
    fs::copy(elsewhere.path().join(key_file(&orphan)), folder.path().join(key_file(&orphan))).unwrap();
    assert_eq!(kids(&folder), before);
    folder.rotate(at(1));
    assert!(!kids(&folder).contains(&orphan));
    assert!(!files(&folder).contains(".keyring.json.tmp"));
}

#[test]
fn each_algorithm_has_keys_of_its_own_that_rotate_by_themselves() {
    use SigningAlgorithm::{EdDsa, Es256, Rs256};
    let folder = Folder::new(32);
    let of = |algorithm| -> Vec<Kid> {
        folder.keyring().unwrap().keys().filter(|key| key.algorithm() == algorithm).map(|key| key.kid().clone()).collect()
    };
    let none = folder.folder().rotate(Es256, KeySize::default(), &Random::seeded(1), at(1), Duration::ZERO).unwrap_err();
    assert!(none.to_string().starts_with("there is no key for ES256"), "{none}");
    folder.prepare(Es256, at(1));
    folder.prepare(EdDsa, at(2));
    let (rs256, es256, eddsa) = (of(Rs256), of(Es256), of(EdDsa));
    assert_eq!((rs256.len(), es256.len(), eddsa.len()), (2, 2, 2));
    folder.prepare(Es256, at(3));
    assert_eq!(of(Es256), es256, "what is there is not made again");

    let rotation = folder.rotate_for(Es256, at(4));
    assert_eq!((rotation.algorithm, &rotation.active, &rotation.retired), (Es256, &es256[1], &es256[0]));
    assert_eq!((of(Rs256), of(EdDsa)), (rs256.clone(), eddsa.clone()));
    assert_eq!(folder.rotate(at(5)).retired, rs256[0]);
    assert_eq!(of(Es256).len(), 3);

    folder.disable(&eddsa[0], KeySize::default(), &Random::seeded(2), at(6)).unwrap();
    assert_eq!(of(EdDsa)[0], eddsa[1], "the next one of the same algorithm takes its place");
    assert!(!folder.path().join(key_file(&eddsa[0])).exists());
    let stranger = Folder::new(33).keyring().unwrap().active().kid().clone();
    assert!(folder.disable(&stranger, KeySize::default(), &Random::seeded(3), at(7)).is_err());

    let mut expected: BTreeSet<_> = kids(&folder).iter().map(key_file).collect();
    expected.extend([LIST.to_owned(), ".lock".to_owned()]);
    assert_eq!(files(&folder), expected);
}

#[test]
fn a_folder_from_before_there_were_other_algorithms_is_read_and_goes_on() {
    let folder = Folder::new(34);
    let before = kids(&folder);
    // As it was written then.
    let list = format!(
        "{{\n  \"keys\": [\n    {{\n      \"kid\": \"{}\",\n      \"state\": {{\n        \"active\": {{\n          \"since\": 5\n        }}\n      }}\n    }},\n    \
         {{\n      \"kid\": \"{}\",\n      \"state\": {{\n        \"next\": {{\n          \"since\": 5\n        }}\n      }}\n    }}\n  ]\n}}\n",
        before[0], before[1]
    );
    fs::write(folder.path().join(LIST), &list).unwrap();
    assert!(folder.keyring().unwrap().keys().all(|key| key.algorithm() == SigningAlgorithm::Rs256));
    assert_eq!(kids(&folder), before);
    folder.prepare(SigningAlgorithm::Es384, at(6));
    let keyring = folder.keyring().unwrap();
    assert_eq!(keyring.algorithms(), [SigningAlgorithm::Rs256, SigningAlgorithm::Es384]);
    assert_eq!(keyring.active().kid(), &before[0]);
}

#[test]
fn two_who_need_an_algorithm_at_once_agree() {
    let folder = Folder::new(35);
    let together = Barrier::new(2);
    let made = std::thread::scope(|scope| {
        let prepare = |seed| {
            let (folder, together) = (folder.folder(), &together);
            scope.spawn(move || {
                together.wait();
                folder.prepare(SigningAlgorithm::Es256, KeySize::default(), &Random::seeded(seed), at(1)).unwrap();
                kids(&folder)
            })
        };
        let (one, other) = (prepare(36), prepare(37));
        (one.join().unwrap(), other.join().unwrap())
    });
    assert_eq!(made.0, made.1);
    assert_eq!(files(&folder).len(), made.0.len() + 2, "the list, the lock and a file for each key");
}

#[test]
fn a_key_of_a_curve_is_brought_along_and_a_key_serves_one_algorithm() {
    let (folder, elsewhere) = (Folder::new(38), Folder::new(39));
    elsewhere.prepare(SigningAlgorithm::Es256, at(1));
    let pem = |algorithm| {
        let kid = elsewhere.keyring().unwrap().active_for(algorithm).unwrap().kid().clone();
        fs::read_to_string(elsewhere.path().join(key_file(&kid))).unwrap()
    };
    let import = |pem: &str, algorithm| folder.folder().import(pem, algorithm, KeySize::default(), &Random::seeded(4), at(2));
    let imported = import(&pem(SigningAlgorithm::Es256), None).unwrap();
    assert_eq!(imported.algorithm, SigningAlgorithm::Es256);
    assert_eq!(folder.rotate_for(SigningAlgorithm::Es256, at(3)).active, imported.next);
    assert!(import(&pem(SigningAlgorithm::Es256), Some(SigningAlgorithm::Rs256)).unwrap_err().to_string().contains("RS256"));
    import(&pem(SigningAlgorithm::Rs256), None).unwrap();
    let twice = import(&pem(SigningAlgorithm::Rs256), Some(SigningAlgorithm::Ps256)).unwrap_err().to_string();
    assert!(twice.contains("already"), "{twice}");
}
