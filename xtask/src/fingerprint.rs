//! Fingerprints of a step's inputs, to leave out a step whose inputs have not changed.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::Path;

use anyhow::{Context, Result};

/// Takes in names and contents. It only ever compares what this machine has built with what it would build now: a
/// change of the hash function costs one more build.
#[derive(Debug)]
pub(crate) struct Fingerprint(DefaultHasher);

impl Fingerprint {
    pub(crate) fn new() -> Self {
        Self(DefaultHasher::new())
    }

    /// Takes in a text, such as the version of a tool.
    pub(crate) fn text(&mut self, text: &str) {
        text.hash(&mut self.0);
    }

    /// Takes in a file's path and contents; a file that does not exist counts as that.
    pub(crate) fn file(&mut self, file: &Path) -> Result<()> {
        file.hash(&mut self.0);
        match fs::read(file) {
            Ok(contents) => contents.hash(&mut self.0),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => "absent".hash(&mut self.0),
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", file.display())),
        }
        Ok(())
    }

    /// Takes in all files under a directory, in the order of their names.
    pub(crate) fn dir(&mut self, dir: &Path) -> Result<()> {
        let entries = dir
            .read_dir()
            .with_context(|| format!("cannot read {}", dir.display()))?;
        let paths: std::io::Result<Vec<_>> = entries.map(|entry| entry.map(|entry| entry.path())).collect();
        let mut paths = paths.with_context(|| format!("cannot read {}", dir.display()))?;
        paths.sort();
        for path in paths {
            if path.is_dir() {
                self.dir(&path)?;
            } else {
                self.file(&path)?;
            }
        }
        Ok(())
    }

    /// The fingerprint of all that was taken in.
    pub(crate) fn finish(&self) -> String {
        format!("{:016x}", self.0.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_dir(dir: &Path) -> String {
        let mut fingerprint = Fingerprint::new();
        fingerprint.dir(dir).unwrap();
        fingerprint.finish()
    }

    #[test]
    fn contents_names_and_new_files_count() {
        let dir = std::env::temp_dir().join(format!("fingerprint-{}", std::process::id()));
        fs::create_dir_all(dir.join("nested")).unwrap();
        fs::write(dir.join("a.rs"), "one").unwrap();
        let first = of_dir(&dir);
        assert_eq!(of_dir(&dir), first, "the same files give the same fingerprint");
        fs::write(dir.join("a.rs"), "two").unwrap();
        let changed = of_dir(&dir);
        assert_ne!(changed, first);
        fs::write(dir.join("nested").join("b.rs"), "").unwrap();
        let added = of_dir(&dir);
        assert_ne!(added, changed);
        fs::rename(dir.join("nested").join("b.rs"), dir.join("nested").join("c.rs")).unwrap();
        assert_ne!(of_dir(&dir), added);
        fs::remove_dir_all(&dir).unwrap();
    }
}
