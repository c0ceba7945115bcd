//! The smallest function of lambda_http, which the benchmark of cold starts compares BadgeSmith with.
#![allow(missing_docs)]

use lambda_http::{Error, Request, Response, run, service_fn};

fn main() -> Result<(), Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(run(service_fn(async |_: Request| Ok::<_, Error>(Response::new("hello".to_owned())))))
}
