//! Provisions the event source mappings of Lambda: they connect the stream of the table of events and the queues with
//! the function that records reports and sends events.

use std::fmt;

use form_urlencoded::Serializer;
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{provision_error::ProvisionError, table_description::describe};
use crate::{
    aws_clients::AwsClients, aws_error::AwsError, queue_address::QueueAddress, queue_provision, rest_call::RestCall,
    sqs::read,
};

/// The path of Lambda's API for mappings.
const MAPPINGS: &str = "/2015-03-31/event-source-mappings/";
/// The path of Lambda's API for functions.
const FUNCTIONS: &str = "/2015-03-31/functions/";
/// How many new items of the table the function gets at once.
const STREAM_BATCH: u32 = 100;
/// How many messages of a queue the function gets at once, the most of a FIFO queue.
const QUEUE_BATCH: u32 = 10;
/// The filter of the stream: only inserted rows are new events; changed and deleted rows, including expired ones, are
/// not.
const INSERTS: &str = r#"{"eventName": ["INSERT"]}"#;

/// The source of the records that a function processes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MappingSource {
    /// The stream of the table of this name.
    Stream(String),
    /// The queue of this name.
    Queue(String),
}

/// One change of an event source mapping that is needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MappingStep {
    /// Create it.
    Create {
        /// What the function works on.
        source: MappingSource,
        /// The name of the function.
        function: String,
    },
    /// Change its attributes.
    Change {
        /// What the function works on.
        source: MappingSource,
        /// The name of the function.
        function: String,
    },
}

impl fmt::Display for MappingSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stream(table) => write!(f, "{table}: the stream of new items"),
            Self::Queue(queue) => write!(f, "{queue}: the queue"),
        }
    }
}

impl fmt::Display for MappingStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create { source, function } => write!(f, "{source} invokes the function {function}"),
            Self::Change { source, function } => {
                write!(f, "{source} invokes the function {function} as it must; change the mapping")
            }
        }
    }
}

impl MappingSource {
    /// The stream and the queues that are named.
    fn all(aws: &AwsClients) -> Result<Vec<Self>, AwsError> {
        let (events, queues) = (&aws.tables().events, aws.queues());
        let stream = (!events.is_empty()).then(|| Self::Stream(events.clone()));
        let named = [&queues.reports, &queues.events].into_iter().flatten();
        let queues = named.map(|queue| Ok(Self::Queue(QueueAddress::parse(queue)?.name().to_owned())));
        stream.map(Ok).into_iter().chain(queues).collect()
    }

    /// The ARN; `None` if the source does not exist yet.
    async fn arn(&self, aws: &AwsClients) -> Result<Option<String>, AwsError> {
        match self {
            Self::Stream(table) => Ok(describe(aws, table).await?.and_then(|table| table.latest_stream_arn)),
            Self::Queue(queue) => queue_provision::arn(aws, queue).await,
        }
    }

    /// The attributes that a mapping of this source must have and that can be changed.
    fn attributes(&self) -> Map<String, Value> {
        let mut attributes = Map::from_iter([("FunctionResponseTypes".to_owned(), json!(["ReportBatchItemFailures"]))]);
        match self {
            Self::Stream(_) => {
                attributes.insert("BatchSize".to_owned(), STREAM_BATCH.into());
                attributes.insert("FilterCriteria".to_owned(), json!({"Filters": [{ "Pattern": INSERTS }]}));
                attributes.insert("BisectBatchOnFunctionError".to_owned(), true.into());
            }
            Self::Queue(_) => drop(attributes.insert("BatchSize".to_owned(), QUEUE_BATCH.into())),
        }
        attributes
    }
}

/// Compares the mappings to a function with their required attributes.
pub(super) async fn plan(aws: &AwsClients, function: &str) -> Result<(Vec<MappingStep>, Vec<String>), ProvisionError> {
    let (mut steps, mut notes) = (Vec::new(), Vec::new());
    check_function(aws, function).await?;
    for source in MappingSource::all(aws)? {
        let found = match source.arn(aws).await? {
            Some(arn) => find(aws, function, &arn).await?,
            None => None,
        };
        let function = function.to_owned();
        match found {
            None => steps.push(MappingStep::Create { source, function }),
            Some(found) if !has(&found, &source.attributes()) => steps.push(MappingStep::Change { source, function }),
            // Somebody may have paused it on purpose.
            Some(found) if found.get("State").and_then(Value::as_str) == Some("Disabled") => {
                notes.push(format!("{source} does not invoke the function {function}: its mapping is switched off"));
            }
            Some(_) => {}
        }
    }
    Ok((steps, notes))
}

/// Takes one step.
pub(super) async fn apply(aws: &AwsClients, step: &MappingStep) -> Result<(), ProvisionError> {
    let (MappingStep::Create { source, function } | MappingStep::Change { source, function }) = step;
    let missing = || AwsError::InvalidRequest(format!("{source} is not there; run provision again"));
    let arn = source.arn(aws).await?.ok_or_else(missing)?;
    let mut attributes = source.attributes();
    let call = match step {
        MappingStep::Create { .. } => {
            attributes.insert("FunctionName".to_owned(), function.as_str().into());
            attributes.insert("EventSourceArn".to_owned(), arn.into());
            if matches!(source, MappingSource::Stream(_)) {
                attributes.insert("StartingPosition".to_owned(), "TRIM_HORIZON".into());
            }
            let operation = "Lambda.CreateEventSourceMapping";
            RestCall { operation, method: Method::POST, path: MAPPINGS.to_owned(), body: attributes.into() }
        }
        MappingStep::Change { .. } => {
            let found = find(aws, function, &arn).await?.ok_or_else(missing)?;
            let id = found.get("UUID").and_then(Value::as_str).ok_or_else(missing)?;
            let operation = "Lambda.UpdateEventSourceMapping";
            RestCall { operation, method: Method::PUT, path: format!("{MAPPINGS}{id}"), body: attributes.into() }
        }
    };
    call.send(aws).await?;
    Ok(())
}

async fn check_function(aws: &AwsClients, function: &str) -> Result<(), ProvisionError> {
    let missing = || ProvisionError::NoFunction { function: function.to_owned() };
    let is_name = function.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    if function.is_empty() || !is_name {
        return Err(missing());
    }
    let path = format!("{FUNCTIONS}{function}/configuration");
    let call = RestCall { operation: "Lambda.GetFunctionConfiguration", method: Method::GET, path, body: Value::Null };
    call.find(aws).await?.map(drop).ok_or_else(missing)
}

/// The mapping of a source to a function; `None` if there is none. A source has only a few mappings, which fit on one
/// page of the answer.
async fn find(aws: &AwsClients, function: &str, source: &str) -> Result<Option<Map<String, Value>>, AwsError> {
    #[derive(Deserialize)]
    struct Found {
        #[serde(rename = "EventSourceMappings", default)]
        mappings: Vec<Map<String, Value>>,
    }
    let operation = "Lambda.ListEventSourceMappings";
    let query = {
        let mut query = Serializer::new(String::new());
        query.append_pair("FunctionName", function).append_pair("EventSourceArn", source);
        query.finish()
    };
    let call = RestCall { operation, method: Method::GET, path: format!("{MAPPINGS}?{query}"), body: Value::Null };
    let answer = call.send(aws).await?;
    Ok(read::<Found>(operation, &answer)?.mappings.into_iter().next())
}

/// Whether a mapping has these attributes. Patterns of filters are compared as JSON.
fn has(found: &Map<String, Value>, wanted: &Map<String, Value>) -> bool {
    let patterns = |criteria: &Value| -> Vec<Option<Value>> {
        let filters = criteria["Filters"].as_array().map_or(&[][..], Vec::as_slice);
        let pattern = |filter: &Value| filter["Pattern"].as_str().and_then(|text| serde_json::from_str(text).ok());
        filters.iter().map(pattern).collect()
    };
    wanted.iter().all(|(name, wanted)| match found.get(name) {
        Some(found) if name == "FilterCriteria" => patterns(found) == patterns(wanted),
        found => found == Some(wanted),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_whose_filter_is_written_in_another_way_needs_no_change_and_one_with_another_filter_does() {
        let wanted = MappingSource::Stream("events".to_owned()).attributes();
        let with = |pattern: &str| {
            let mut found = wanted.clone();
            found.insert("FilterCriteria".to_owned(), json!({"Filters": [{ "Pattern": pattern }]}));
            found.insert("State".to_owned(), "Enabled".into());
            has(&found, &wanted)
        };
        assert!(with(r#"{"eventName":["INSERT"]}"#) && !with(r#"{"eventName":["MODIFY"]}"#) && !with("none"));
        for name in ["BatchSize", "FunctionResponseTypes", "BisectBatchOnFunctionError"] {
            let mut found = wanted.clone();
            found.remove(name);
            assert!(!has(&found, &wanted), "{name}");
        }
    }
}
