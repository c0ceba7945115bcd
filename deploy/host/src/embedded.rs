//! The embedded store: one redb file, used by one process at a time, with every write in a transaction.

mod backup;
mod backup_line;
mod cached_answers;
mod checksummed;
mod event_rows;
mod export;
mod list_filling;
mod lists;
mod live_database;
mod long_reads;
mod marks;
mod overlay;
mod panic_guard;
mod part_records;
mod records;
mod restore;
mod rows;
mod schema;
mod shared_state;
mod states;
mod store;
mod store_error;
mod store_file;
mod store_write;
mod sweep;
mod write_command;
mod writer;

pub use backup::{NoBackup, backup, copy_backup};
pub use backup_line::BackupError;
pub use export::export;
pub use restore::{NoRestore, Restored, restore};
pub use store::{EmbeddedStore, OpenError};
pub use store_error::StoreError;
pub use store_file::StoreRefusal;
