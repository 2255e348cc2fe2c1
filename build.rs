//! How the program is linked.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // A position-independent program has its tables of addresses put right when it starts. Packed, they take a twentieth of the space, on
    // disk and in memory. Older systems can't unpack them, so that only glibc's linker (2.36 and newer) is told to.
    if std::env::var("TARGET").is_ok_and(|target| target == "x86_64-unknown-linux-gnu") {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}
