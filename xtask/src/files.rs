//! File operations whose errors name the file.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Reads a text file.
pub(crate) fn read(file: &Path) -> Result<String> {
    fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}

/// Writes a file, and creates its folder if it is missing.
pub(crate) fn write(file: &Path, text: &str) -> Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}

/// Copies files into a folder.
pub(crate) fn copy(files: impl IntoIterator<Item = PathBuf>, folder: &Path) -> Result<()> {
    for file in files {
        let name = file.file_name().with_context(|| format!("{} is no file", file.display()))?;
        fs::copy(&file, folder.join(name)).with_context(|| format!("cannot copy {}", file.display()))?;
    }
    Ok(())
}

/// Copies a folder recursively.
pub(crate) fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    empty_folder(to)?;
    let (folders, files): (Vec<_>, Vec<_>) = entries(from)?.into_iter().partition(|path| path.is_dir());
    copy(files, to)?;
    for folder in folders {
        let name = folder.file_name().unwrap_or_default();
        copy_folder(&folder, &to.join(name))?;
    }
    Ok(())
}

/// Creates an empty folder, replacing an existing one.
pub(crate) fn empty_folder(folder: &Path) -> Result<()> {
    remove(folder)?;
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))
}

/// Removes a file or a folder, if it exists.
pub(crate) fn remove(path: &Path) -> Result<()> {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match removed {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        removed => removed.with_context(|| format!("cannot remove {}", path.display())),
    }
}

/// The entries of a folder, sorted by name.
pub(crate) fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries =
        folder.read_dir().and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect());
    let mut entries: Vec<PathBuf> = entries.with_context(|| format!("cannot read {}", folder.display()))?;
    entries.sort();
    Ok(entries)
}

/// A fingerprint of the names and contents of files and folders, to detect changes. It is only compared on one machine;
/// if the hash function changes, that costs a build.
pub(crate) fn fingerprint(paths: impl IntoIterator<Item = PathBuf>) -> Result<String> {
    fn take(hasher: &mut DefaultHasher, path: &Path) -> Result<()> {
        path.hash(hasher);
        if path.is_dir() {
            return entries(path)?.iter().try_for_each(|entry| take(hasher, entry));
        }
        fs::read(path).ok().hash(hasher);
        Ok(())
    }
    let mut hasher = DefaultHasher::new();
    for path in paths {
        take(&mut hasher, &path)?;
    }
    Ok(format!("{:016x}", hasher.finish()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_changes_with_contents_names_and_new_files() {
        let folder = std::env::temp_dir().join(format!("fingerprint-{}", std::process::id()));
        let mut seen = Vec::new();
        for (name, text) in [("a.rs", "one"), ("a.rs", "two"), ("nested/b.rs", "")] {
            write(&folder.join(name), text).unwrap();
            seen.push(fingerprint([folder.clone()]).unwrap());
        }
        fs::rename(folder.join("nested/b.rs"), folder.join("nested/c.rs")).unwrap();
        seen.push(fingerprint([folder.clone()]).unwrap());
        assert_eq!(seen[3], fingerprint([folder.clone()]).unwrap(), "nothing has changed");
        let count = seen.len();
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), count, "each change counts");
        remove(&folder).unwrap();
        remove(&folder).unwrap();
    }
}
