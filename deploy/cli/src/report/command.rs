//! The command: the steps from the arguments to the recorded reports.

use std::{io::Write, process::ExitCode};

use tokio::runtime;

use super::{
    credential::{self, Credential, ProvingHeaders},
    facts,
    failure::ReportFailure,
    options::ReportOptions,
    output::print_result,
    parcel::{self, Parcel},
    send::{Delivery, Sender},
    signing::SignedHeaders,
    usage::UsageFault,
};
use crate::output::print_notice;

/// Counts, signs and sends.
pub(crate) fn run(options: &ReportOptions) -> ExitCode {
    match report(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            print_failure(options, &failure);
            if options.fail_on_error { ExitCode::from(failure.code()) } else { ExitCode::SUCCESS }
        }
    }
}

/// Prints why nothing was sent, or which report was not recorded. A dry run sends nothing anyway.
fn print_failure(options: &ReportOptions, failure: &ReportFailure) {
    let words = if options.dry_run { failure.to_string() } else { failure.notice() };
    let prefix = if options.fail_on_error { "" } else { "warning: " };
    print_notice(&format!("{prefix}{words}"));
}

fn report(options: &ReportOptions) -> Result<(), ReportFailure> {
    // A dry run does not request a token.
    let is_proven_later = options.dry_run && options.oidc.is_some();
    let credential = if is_proven_later { None } else { credential::find(options)? };
    if credential.is_none() && !options.dry_run {
        print_notice(&format!("notice: nothing is sent, because {}", credential::absence(options)));
        return Ok(());
    }
    let facts = facts::of(&options.build, options.oidc.is_some());
    let values = options.build.values.read(options.build.part.as_deref()).map_err(UsageFault::Values)?;
    if !options.dry_run || options.print_headers {
        facts::require(options, &facts)?;
    }
    parcel::check(options.source(), options.allow_http, &facts, &values)?;
    let mut parcels = parcel::read_all(options.source(), &facts, &values)?;
    if options.dry_run {
        for parcel in &parcels {
            print(options, parcel, credential.as_ref())?;
        }
    }
    if let Some(empty) =
        parcels.iter_mut().find_map(|parcel| parcel.empty.take()).filter(|_| !options.build.allow_empty)
    {
        return Err(empty);
    }
    match credential.filter(|_| !options.dry_run) {
        Some(credential) => send_all(options, &parcels, &credential),
        None => Ok(()),
    }
}

/// Prints what would be sent.
fn print(options: &ReportOptions, parcel: &Parcel<'_>, credential: Option<&Credential>) -> Result<(), ReportFailure> {
    let Parcel { destination, body, .. } = parcel;
    let mut text = String::new();
    if options.print_headers {
        let path = destination.report_path();
        let headers = match credential {
            Some(Credential::Secret(secret)) => SignedHeaders::new(secret, &path, body).to_string(),
            _ if options.oidc.is_some() => ProvingHeaders::HIDDEN_TOKEN.to_owned(),
            _ => return Err(UsageFault::HeadersWithoutSecret.into()),
        };
        text = format!("POST {path}\n{headers}\n");
    }
    text += &String::from_utf8_lossy(body);
    print_result(&(text + "\n")).map_err(ReportFailure::Output)
}

/// Sends all reports, even if one of them fails, and prints the recorded ones.
fn send_all(options: &ReportOptions, parcels: &[Parcel<'_>], credential: &Credential) -> Result<(), ReportFailure> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build().map_err(ReportFailure::Runtime)?;
    let show = |headers: &ProvingHeaders| {
        if options.print_headers {
            let _ = write!(std::io::stderr(), "{headers}");
        }
    };
    let sender = Sender::new(credential, options.patience.begin(), &show).map_err(ReportFailure::Client)?;
    let mut outcome = Ok(());
    for parcel in parcels {
        match (runtime.block_on(send(&sender, parcel)), &outcome) {
            // The report is recorded, so a closed standard output is not a failure.
            (Ok(()), _) => drop(print_result(&parcel.summary())),
            (Err(failure), Ok(())) => outcome = Err(failure),
            (Err(failure), Err(_)) => print_failure(options, &failure),
        }
    }
    outcome
}

async fn send(sender: &Sender<'_>, parcel: &Parcel<'_>) -> Result<(), ReportFailure> {
    let Parcel { destination, body, .. } = parcel;
    let path = destination.report_path();
    let delivery = Delivery { url: destination.report_url()?, path: &path, body };
    let of = destination.label().to_owned();
    sender.send(&delivery).await.map_err(|fault| ReportFailure::Send { of, fault: Box::new(fault) })
}
