//! The command: the steps from the arguments to the recorded reports.

use std::{io::Write, process::ExitCode};

use tokio::runtime;

use super::{
    facts,
    failure::ReportFailure,
    options::ReportOptions,
    output::{print_notice, print_result},
    parcel::{self, Parcel},
    secret::{self, ReportSecret},
    send::{self, Delivery},
    signing::SignedHeaders,
    usage::UsageFault,
};

/// Counts, signs and sends.
pub(crate) fn run(options: &ReportOptions) -> ExitCode {
    match report(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            print_notice(&failure.to_string());
            ExitCode::from(failure.code())
        }
    }
}

fn report(options: &ReportOptions) -> Result<(), ReportFailure> {
    let secret = secret::read(options.secret_file.as_deref())?;
    if secret.is_none() && !options.dry_run {
        print_notice(&format!(
            "notice: nothing is sent, because there is no secret to sign with. Builds of forks have none; elsewhere set {}",
            secret::VARIABLE
        ));
        return Ok(());
    }
    let facts = facts::of(options);
    if !options.dry_run || options.print_headers {
        facts::require(options, &facts)?;
        parcel::check(options, &facts)?;
    }
    let mut parcels = parcel::read_all(options, &facts)?;
    if options.dry_run {
        for parcel in &parcels {
            print(options, parcel, secret.as_ref())?;
        }
    }
    if let Some(empty) = parcels.iter_mut().find_map(|parcel| parcel.empty.take()).filter(|_| !options.allow_empty) {
        return Err(empty);
    }
    match secret.filter(|_| !options.dry_run) {
        Some(secret) => send_all(options, &parcels, &secret),
        None => Ok(()),
    }
}

/// Prints what would be sent.
fn print(options: &ReportOptions, parcel: &Parcel<'_>, secret: Option<&ReportSecret>) -> Result<(), ReportFailure> {
    let Parcel { destination, body, .. } = parcel;
    let mut text = String::new();
    if options.print_headers {
        let secret = secret.ok_or(UsageFault::HeadersWithoutSecret)?;
        let path = destination.report_path();
        text = format!("POST {path}\n{}\n", SignedHeaders::new(secret, &path, body));
    }
    text += &String::from_utf8_lossy(body);
    print_result(&(text + "\n")).map_err(ReportFailure::Output)
}

/// Sends all reports, also after a failure of one, and prints what was recorded.
fn send_all(options: &ReportOptions, parcels: &[Parcel<'_>], secret: &ReportSecret) -> Result<(), ReportFailure> {
    let mut outcome = Ok(());
    for parcel in parcels {
        match (send(options, parcel, secret), &outcome) {
            // The report is recorded, so a closed standard output is not a failure.
            (Ok(()), _) => drop(print_result(&parcel.summary())),
            (Err(failure), Ok(())) => outcome = Err(failure),
            (Err(failure), Err(_)) => print_notice(&failure.to_string()),
        }
    }
    outcome
}

fn send(options: &ReportOptions, parcel: &Parcel<'_>, secret: &ReportSecret) -> Result<(), ReportFailure> {
    let Parcel { destination, body, .. } = parcel;
    let path = destination.report_path();
    let delivery = Delivery { url: destination.report_url()?, path: &path, body, secret };
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    let show = |headers: &SignedHeaders| {
        if options.print_headers {
            let _ = write!(std::io::stderr(), "{headers}");
        }
    };
    runtime.map_err(ReportFailure::Runtime)?.block_on(send::send(&delivery, show)).map_err(ReportFailure::Send)
}
