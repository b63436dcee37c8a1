//! Debian's Rust toolchain for wasm32, for machines where rustup cannot download the target.
//!
//! Debian packages a recent rustc for its browsers, with the sources of the standard library but without a compiled one
//! for wasm32-unknown-unknown. It is compiled once, kept in the per-user cache by the version of the package, and copied
//! to where that rustc looks for it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::lockfile::Version;
use crate::process::{DEBIAN_TOOLCHAIN, capture, native};
use crate::progress::Progress;
use crate::project::Project;
use crate::remap;
use crate::toolchain::{WASM_TARGET, target_libdir};

/// The packages of the toolchain. The linker's package carries the version of LLVM and is found from `rust-web-llvm`.
const PACKAGES: [&str; 5] = [
    "rustc-web",
    "cargo-web",
    "rust-web-src",
    "rust-web-llvm",
    "rust-web-clippy",
];
/// Names the version of the package whose standard library was copied beside it.
const STAMP: &str = ".built-for";

/// Installs the packages, links the toolchain in rustup and gives it a standard library for wasm32.
pub(crate) fn install(project: &Project, progress: &Progress) -> Result<()> {
    let missing = PACKAGES.iter().any(|package| package_version(package).is_none());
    if missing || linker_package().is_none_or(|package| package_version(&package).is_none()) {
        apt_update(project, progress)?;
        let linker = linker_package().context("the package rust-web-llvm does not say which LLVM it uses")?;
        let mut packages = PACKAGES.to_vec();
        packages.push(&linker);
        apt_install(project, progress, "Debian's Rust toolchain", &packages)?;
    }
    check_rust_version(project)?;
    let linked = capture(native(project, "rustup").args(["toolchain", "list"]))?;
    if !linked
        .lines()
        .any(|line| line.split_whitespace().next() == Some(DEBIAN_TOOLCHAIN))
    {
        progress.run(
            "rustup knows it as `debian`",
            native(project, "rustup").args(["toolchain", "link", DEBIAN_TOOLCHAIN, "/usr"]),
        )?;
    }
    install_std(project, progress)
}

/// Whether the copied standard library is of the installed rustc. One that a Debian package brought always is.
pub(crate) fn std_is_current(project: &Project) -> bool {
    let Some(dir) = target_libdir(&mut rustc(project)) else {
        return false;
    };
    match fs::read_to_string(dir.join(STAMP)) {
        Ok(built_for) => package_version("rustc-web").is_some_and(|version| version == built_for.trim()),
        Err(_) => true,
    }
}

/// Refreshes the list of packages.
pub(crate) fn apt_update(project: &Project, progress: &Progress) -> Result<()> {
    progress.run(
        "Debian's list of packages",
        native(project, "apt-get").args(["update", "-q"]),
    )
}

/// Installs packages without what they merely recommend.
pub(crate) fn apt_install(
    project: &Project,
    progress: &Progress,
    name: &str,
    packages: &[&str],
) -> Result<()> {
    let mut command = native(project, "apt-get");
    command
        .args(["install", "-y", "-q", "--no-install-recommends"])
        .args(packages);
    command.env("DEBIAN_FRONTEND", "noninteractive");
    progress.run(name, &mut command)
}

fn rustc(project: &Project) -> Command {
    let mut rustc = native(project, "rustc");
    rustc.env("RUSTUP_TOOLCHAIN", DEBIAN_TOOLCHAIN);
    rustc
}

/// The version of an installed package.
fn package_version(package: &str) -> Option<String> {
    let shown =
        capture(Command::new("dpkg-query").args(["-W", "-f", "${db:Status-Status} ${Version}", package]))
            .ok()?;
    shown.strip_prefix("installed ").map(str::to_owned)
}

fn linker_package() -> Option<String> {
    let depends = capture(Command::new("apt-cache").args(["depends", "rust-web-llvm"])).ok()?;
    linker_of(&depends)
}

/// `lld-22` where the package depends on `llvm-22`.
fn linker_of(depends: &str) -> Option<String> {
    depends.split_whitespace().find_map(|word| {
        let version = word.strip_prefix("llvm-")?;
        version
            .chars()
            .all(|c| c.is_ascii_digit())
            .then(|| format!("lld-{version}"))
    })
}

/// The package's sources need a certain rustc; Debian's may be older.
fn check_rust_version(project: &Project) -> Result<()> {
    let package = package_version("rustc-web").context("the package rustc-web is not installed")?;
    let manifest = fs::read_to_string(project.root.join("Cargo.toml")).context("cannot read Cargo.toml")?;
    let needed = manifest
        .lines()
        .find_map(|line| line.strip_prefix("rust-version = "))
        .context("Cargo.toml names no rust-version")?
        .trim_matches('"');
    if Version::of(&package) < Version::of(needed) {
        bail!(
            "Debian's rustc-web is {package}, and this project needs {needed}: run `apt-get update` and try again"
        );
    }
    Ok(())
}

fn install_std(project: &Project, progress: &Progress) -> Result<()> {
    let version = package_version("rustc-web").context("the package rustc-web is not installed")?;
    let kept = project.cache.join("std").join(&version);
    if kept.join(STAMP).exists() {
        progress.present("its standard library", &format!("{}", kept.display()));
    } else {
        build_std(project, progress, &version, &kept)?;
    }
    let libdir = target_libdir(&mut rustc(project)).context("Debian's rustc does not answer")?;
    replace_dir(&kept, &libdir)
}

/// Compiles the standard library and keeps its parts in `kept`.
fn build_std(project: &Project, progress: &Progress, version: &str, kept: &Path) -> Result<()> {
    let work = project
        .cache
        .join("std")
        .join(format!("build-{}", std::process::id()));
    write(
        &work.join("Cargo.toml"),
        "[package]\nname = \"empty\"\nversion = \"0.0.0\"\nedition = \"2024\"\n",
    )?;
    write(&work.join("src").join("lib.rs"), "#![no_std]\n")?;

    let mut cargo = native(project, "cargo");
    cargo
        .current_dir(&work)
        .args(["build", "--release", "--target", WASM_TARGET])
        .args(["-Z", "build-std=std,panic_abort,panic_unwind,test,proc_macro"])
        .env("RUSTUP_TOOLCHAIN", DEBIAN_TOOLCHAIN)
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_ENCODED_RUSTFLAGS", std_flags(project)?)
        .env("CARGO_TARGET_DIR", work.join("target"));
    progress.run("its standard library for wasm32", &mut cargo)?;

    let ready = work.join("ready");
    fs::create_dir_all(&ready).with_context(|| format!("cannot make {}", ready.display()))?;
    for library in rlibs(&work.join("target").join(WASM_TARGET).join("release").join("deps"))? {
        if let Some(name) = library
            .file_name()
            .filter(|name| !name.to_string_lossy().starts_with("libempty-"))
        {
            fs::copy(&library, ready.join(name))
                .with_context(|| format!("cannot copy {}", library.display()))?;
        }
    }
    write(&ready.join(STAMP), version)?;
    replace_dir(&ready, kept)?;
    fs::remove_dir_all(&work).with_context(|| format!("cannot remove {}", work.display()))
}

/// The compiler flags for the standard library, separated as Cargo wants them.
fn std_flags(project: &Project) -> Result<String> {
    let sysroot = PathBuf::from(capture(rustc(project).args(["--print", "sysroot"]))?);
    let mut flags = remap::flags(project)?;
    flags.push(remap::flag(
        &sysroot.join("lib").join("rustlib").join("src").join("rust"),
        "/rust",
    ));
    // Bitcode is for the link-time optimisation of whoever uses the library.
    flags.push("-Cembed-bitcode=yes".to_owned());
    Ok(flags.join("\x1f"))
}

fn rlibs(dir: &Path) -> Result<Vec<PathBuf>> {
    let entries = dir
        .read_dir()
        .with_context(|| format!("cannot read {}", dir.display()))?;
    let files: std::io::Result<Vec<PathBuf>> = entries.map(|entry| entry.map(|entry| entry.path())).collect();
    let mut files = files.with_context(|| format!("cannot read {}", dir.display()))?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "rlib"));
    Ok(files)
}

/// Makes `to` a copy of `from`. The copy gets its name when it is complete, so that no one ever sees half of it.
fn replace_dir(from: &Path, to: &Path) -> Result<()> {
    let mut name = to.file_name().context("not a directory's path")?.to_os_string();
    name.push(format!(".new-{}", std::process::id()));
    let fresh = to.with_file_name(name);
    fs::create_dir_all(&fresh).with_context(|| format!("cannot make {}", fresh.display()))?;
    for entry in from
        .read_dir()
        .with_context(|| format!("cannot read {}", from.display()))?
    {
        let file = entry?.path();
        if let Some(name) = file.file_name() {
            fs::copy(&file, fresh.join(name)).with_context(|| format!("cannot copy {}", file.display()))?;
        }
    }
    if to.exists() {
        fs::remove_dir_all(to).with_context(|| format!("cannot remove {}", to.display()))?;
    }
    fs::rename(&fresh, to).with_context(|| format!("cannot make {}", to.display()))
}

fn write(file: &Path, text: &str) -> Result<()> {
    if let Some(dir) = file.parent() {
        fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    }
    fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_linker_is_of_the_llvm_that_rustc_uses() {
        let depends = "rust-web-llvm\n  Depends: libc6\n  Depends: llvm-22\n  Conflicts: <rust-llvm>\n";
        assert_eq!(linker_of(depends).as_deref(), Some("lld-22"));
        assert_eq!(linker_of("rust-web-llvm\n  Depends: llvm-runtime\n"), None);
    }
}
