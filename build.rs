//! Chooses the dispatch back end of `exec::dispatch`.
//!
//! The tail back end needs every handler to end in a jump. Stable Rust does not promise that, but LLVM does it where optimisation is on, the
//! target's calling convention has enough argument registers, and nothing instruments calls. Where that is not known, the loop is selected: a wrong
//! guess would overflow the native stack.

fn main() {
    println!("cargo::rustc-check-cfg=cfg(fulgurite_tail_dispatch, fulgurite_distances)");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=FULGURITE_DISPATCH");
    let get = |name: &str| std::env::var(name).unwrap_or_default();
    let optimised = matches!(get("OPT_LEVEL").as_str(), "2" | "3" | "s");
    let target = get("CARGO_CFG_TARGET_ARCH") == "x86_64" && get("CARGO_CFG_TARGET_POINTER_WIDTH") == "64";
    let flags = get("CARGO_ENCODED_RUSTFLAGS");
    let instrumented = ["instrument-coverage", "sanitizer", "profile-generate", "instrument-mcount", "-Zinstrument"]
        .iter()
        .any(|flag| flags.contains(flag))
        || std::env::var_os("CARGO_CFG_SANITIZE").is_some();
    // Debug assertions keep the checks of the loop, and overflow checks bring calls into handlers.
    let checked = std::env::var_os("CARGO_CFG_DEBUG_ASSERTIONS").is_some();
    let wanted = match get("FULGURITE_DISPATCH").as_str() {
        "loop" => false,
        _ => optimised && target && !instrumented && !checked && std::env::var_os("CARGO_CFG_MIRI").is_none(),
    };
    if wanted {
        println!("cargo::rustc-cfg=fulgurite_tail_dispatch");
        // Naked functions as tables.
        let elf = ["linux", "android", "freebsd", "netbsd", "openbsd", "none"].contains(&get("CARGO_CFG_TARGET_OS").as_str());
        if elf {
            println!("cargo::rustc-cfg=fulgurite_distances");
        }
    }
}
