//! The files of attachments, next to the database.

use std::collections::HashSet;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha1::Sha1;
use sha1::digest::DynDigest;
use sha2::Sha256;
use tempfile::{NamedTempFile, TempDir};
use tokio::fs::{self, File};
use tokio::io::AsyncWriteExt;
use tokio::task;

use super::quirk::{Quirk, Quirks};
use crate::protocol::ids::SafeInt;

/// The prefix of incomplete files.
const UNFINISHED: &str = ".upload-";

/// A folder of files. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Files {
    folder: Arc<Path>,
    quirks: Quirks,
    /// Removes the folder with the last clone.
    _temporary: Option<Arc<TempDir>>,
}

/// A file being written. It is removed if dropped before it is finished.
pub(super) struct Upload {
    temporary: NamedTempFile,
    file: File,
    hash: Box<dyn DynDigest + Send>,
    size: u64,
}

/// The properties of a complete file.
pub(super) struct Finished {
    pub(super) stored_name: String,
    pub(super) size: SafeInt,
    /// In hexadecimal digits.
    pub(super) checksum: String,
    /// The width and height of a picture.
    pub(super) picture: Option<(SafeInt, SafeInt)>,
}

impl Files {
    /// Opens the folder of a database (its name followed by `-attachments`), or a temporary one.
    pub(super) fn open(database: Option<&Path>, quirks: Quirks) -> io::Result<Self> {
        match database {
            Some(database) => {
                let mut name = OsString::from(database);
                name.push("-attachments");
                let folder = PathBuf::from(name);
                std::fs::create_dir_all(&folder)?;
                Ok(Self {
                    folder: folder.into(),
                    quirks,
                    _temporary: None,
                })
            }
            None => {
                let folder = tempfile::Builder::new().prefix("reference-server-").tempdir()?;
                Ok(Self {
                    folder: folder.path().into(),
                    quirks,
                    _temporary: Some(Arc::new(folder)),
                })
            }
        }
    }

    /// Removes the files that are not in the list, which a killed process has left.
    pub(super) fn retain(&self, stored_names: Vec<String>) -> io::Result<()> {
        let keep: HashSet<OsString> = stored_names.into_iter().map(OsString::from).collect();
        for entry in std::fs::read_dir(&self.folder)? {
            let entry = entry?;
            if !keep.contains(&entry.file_name()) && entry.file_type()?.is_file() {
                std::fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    pub(super) fn path(&self, stored_name: &str) -> PathBuf {
        self.folder.join(stored_name)
    }

    /// Removes files. One that cannot be removed is left to the next start.
    pub(super) async fn remove(&self, stored_names: impl IntoIterator<Item = String>) {
        for name in stored_names {
            if let Err(error) = fs::remove_file(self.path(&name)).await {
                tracing::warn!(%error, name, "a file that nothing needs could not be removed");
            }
        }
    }

    /// Begins a new file.
    pub(super) async fn begin(&self) -> io::Result<Upload> {
        let folder = Arc::clone(&self.folder);
        let temporary =
            in_background(move || tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(folder)).await?;
        let file = File::from_std(temporary.reopen()?);
        Ok(Upload {
            temporary,
            file,
            hash: if self.quirks.contains(Quirk::Sha256Checksums) {
                Box::new(Sha256::default())
            } else {
                Box::new(Sha1::default())
            },
            size: 0,
        })
    }

    /// Completes a file. On return it is on the disk under its final name.
    pub(super) async fn finish(&self, mut upload: Upload) -> io::Result<Finished> {
        upload.file.flush().await?;
        upload.file.sync_all().await?;
        let mut random = [0_u8; 16];
        getrandom::fill(&mut random).map_err(io::Error::other)?;
        let stored_name = hexadecimal(&random);
        let path = self.path(&stored_name);
        let temporary = upload.temporary;
        let picture = in_background(move || {
            let size = imagesize::size(temporary.path()).ok();
            temporary.persist(path)?;
            Ok(size)
        })
        .await?;
        let pixels = |pixels: usize| u64::try_from(pixels).ok().and_then(SafeInt::new);
        Ok(Finished {
            stored_name,
            size: SafeInt::new(upload.size).ok_or_else(|| io::Error::from(io::ErrorKind::FileTooLarge))?,
            checksum: hexadecimal(&upload.hash.finalize()),
            picture: picture.and_then(|size| pixels(size.width).zip(pixels(size.height))),
        })
    }
}

impl Upload {
    /// Appends bytes.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hash.update(bytes);
        self.size += bytes.len() as u64;
        self.file.write_all(bytes).await
    }
}

async fn in_background<T: Send + 'static>(
    job: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    task::spawn_blocking(job).await.map_err(io::Error::other)?
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
