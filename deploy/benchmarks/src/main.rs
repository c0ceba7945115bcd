//! The programs that deploy/benchmarks runs beside the server: a client that loads it, the plain hyper server that it
//! is compared with, and the hot paths whose instructions callgrind counts. Figures are printed as lines of JSON.
//!
//! `python3 deploy/benchmarks` builds and runs this; it need not be called by hand.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark that cannot be run ends at once, and prints its figures"
)]

mod hot_paths;
mod load;
mod plain_server;
mod world;

use std::{
    io::{self, Read},
    net::SocketAddr,
    path::PathBuf,
    time::Duration,
};

use clap::Parser;
use load::{Target, closed, open};

/// What is to be run.
#[derive(Debug, Parser)]
enum Command {
    /// Runs each hot path, so that callgrind can count the instructions of `measured`.
    HotPaths {
        /// The folder of the plugins' libraries.
        libraries: PathBuf,
    },
    /// Serves the bytes that a server answers for an address, by plain hyper, until standard input ends.
    Plain {
        server: SocketAddr,
        path: String,
        #[arg(long, default_value_t = 1)]
        threads: usize,
    },
    /// Sends the next request of a connection when its answer is there.
    Closed {
        server: SocketAddr,
        /// The address; {} stands for the number of the request.
        path: String,
        #[arg(long, default_value_t = 32)]
        connections: usize,
        #[arg(long, default_value_t = 1)]
        threads: usize,
        /// For how long.
        #[arg(long, default_value_t = 1.0)]
        seconds: f64,
        /// How many requests are sent, instead of for how long.
        #[arg(long)]
        requests: Option<u64>,
        /// The number of the first request.
        #[arg(long, default_value_t = 0)]
        first: u64,
    },
    /// Sends requests at a fixed rate, whether or not there are answers. Latency counts from when a request was due.
    Open {
        server: SocketAddr,
        path: String,
        /// Requests a second.
        #[arg(long)]
        rate: f64,
        #[arg(long, default_value_t = 32)]
        connections: usize,
        #[arg(long, default_value_t = 1.0)]
        seconds: f64,
    },
}

fn main() {
    match Command::parse() {
        Command::HotPaths { libraries } => hot_paths::run(&libraries),
        Command::Plain { server, path, threads } => {
            println!("http://{}", plain_server::start(server, &path, threads));
            let _ = io::stdin().read_to_end(&mut Vec::new());
        }
        Command::Closed { server, path, connections, threads, seconds, requests, first } => {
            let target = Target { server, path, first };
            let until = requests.map_or(closed::Until::Time(Duration::from_secs_f64(seconds)), closed::Until::Requests);
            println!("{}", closed::run(&target, connections, threads, until));
        }
        Command::Open { server, path, rate, connections, seconds } => {
            let target = Target { server, path, first: 0 };
            println!("{}", open::run(&target, rate, connections, Duration::from_secs_f64(seconds)));
        }
    }
}
