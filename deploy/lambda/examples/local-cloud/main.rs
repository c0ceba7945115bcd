//! Runs the packaged function on this machine, with emulated tables and secrets, behind an HTTP address.
//!
//! ```sh
//! cargo run -p badgesmith-lambda --example local-cloud -- target/package/zip
//! ```
//!
//! The folder is what `deploy/package.sh` zips. dynoxide emulates DynamoDB in this process. Secrets Manager is at the
//! address in `BADGESMITH_SECRETS_MANAGER`, or else a small fake in this process that keeps the secret of `acme`.
#![allow(clippy::print_stdout, clippy::print_stderr, missing_docs, unreachable_pub)]

mod front;
mod peers;
mod runtime;

use std::{env, error::Error, net::TcpListener, path::PathBuf, process::ExitCode, sync::Arc};

use peers::Peers;
use runtime::{RunningProcess, RuntimeApi};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("local-cloud: {fault}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error + Send + Sync>> {
    let folder = env::args_os().nth(1).map(PathBuf::from).ok_or("name the folder that deploy/package.sh zips")?;
    let folder = folder.canonicalize().map_err(|fault| format!("{}: {fault}", folder.display()))?;
    let peers = Peers::start()?;
    let runtime = Arc::new(RuntimeApi::start()?);
    let mut command = runtime.command(&folder.join("bootstrap"), &folder);
    let process = command.envs(peers.variables()).spawn();
    let _process = RunningProcess(process.map_err(|fault| format!("{}/bootstrap: {fault}", folder.display()))?);
    let listener = TcpListener::bind("127.0.0.1:8080").or_else(|_| TcpListener::bind("127.0.0.1:0"));
    let listener = listener?;
    let address = listener.local_addr()?;
    println!("The function answers at http://{address}; the secret of {} is {}", peers::OWNER, peers::SECRET);
    println!("  BADGESMITH_SECRET={} badgesmith smoke --url http://{address} --owner {}", peers::SECRET, peers::OWNER);
    front::serve(&listener, &runtime);
    Ok(())
}
