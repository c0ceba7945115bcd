//! Provisions the tables and the queues, and topics, event source mappings and a key if they are named. A plan first
//! lists what is missing; applying the plan creates it.

mod attributes;
mod mapping_provision;
mod provision_error;
mod provision_scope;
mod provision_step;
mod table_description;
mod table_stream;
mod topic_provision;
mod topic_subscription;

use std::time::Duration;

use aws_sdk_dynamodb::{
    error::ProvideErrorMetadata,
    types::{
        AttributeDefinition, BillingMode, CreateGlobalSecondaryIndexAction, GlobalSecondaryIndex,
        GlobalSecondaryIndexUpdate, IndexStatus, KeySchemaElement, KeyType, PointInTimeRecoverySpecification,
        PointInTimeRecoveryStatus, Projection, ProjectionType, ScalarAttributeType, TableDescription, TableStatus,
        TimeToLiveSpecification, TimeToLiveStatus,
    },
};
use tokio::time::{Instant, sleep};

use self::{
    attributes::{EXPIRY, INDEX, INDEX_KEYS, KEYS},
    provision_error::TIMEOUT,
    table_description::describe,
    table_stream::{has_stream, stream, switch_on_stream},
};
use crate::{aws_clients::AwsClients, aws_error::AwsError, kms, list_filling, queue_provision, retry::retry};

pub use crate::queue_provision::QueueStep;
pub use mapping_provision::{MappingSource, MappingStep};
pub use provision_error::ProvisionError;
pub use provision_scope::ProvisionScope;
pub use provision_step::{ProvisionPlan, ProvisionStep};
pub use topic_provision::TopicStep;
pub use topic_subscription::{TopicSubscription, TopicSubscriptionMistake};

/// The pause between two checks whether it is ready.
const POLL_INTERVAL: Duration = Duration::from_millis(500);

/// The required configuration of a table.
struct TableSpec<'a> {
    table: &'a str,
    has_index: bool,
    expires: bool,
    recovers: bool,
    has_lists: bool,
    has_stream: bool,
}

impl<'a> TableSpec<'a> {
    /// A table that needs nothing but its keys.
    const fn new(table: &'a str) -> Self {
        Self { table, has_index: false, expires: false, recovers: false, has_lists: false, has_stream: false }
    }
}

fn table_specs(aws: &AwsClients) -> impl Iterator<Item = TableSpec<'_>> {
    let tables = aws.tables();
    let all = [
        TableSpec {
            has_index: true,
            expires: true,
            recovers: true,
            has_lists: true,
            ..TableSpec::new(&tables.results)
        },
        TableSpec { expires: true, ..TableSpec::new(&tables.nonces) },
        TableSpec { recovers: true, ..TableSpec::new(&tables.secrets) },
        TableSpec { expires: true, ..TableSpec::new(&tables.answers) },
        TableSpec { expires: true, has_stream: true, ..TableSpec::new(&tables.events) },
    ];
    // A table with an empty name is switched off.
    all.into_iter().filter(|spec| !spec.table.is_empty())
}

/// Compares the tables, the queues and the other resources that are named with their required configuration.
///
/// # Errors
/// A table has other keys or another expiry, a named resource that is not created here is missing, or a call fails.
pub async fn plan_with(aws: &AwsClients, scope: &ProvisionScope) -> Result<ProvisionPlan, ProvisionError> {
    let mut plan = plan(aws).await?;
    if let Some(key) = &scope.seal_key
        && kms::find(aws, key).await?.is_none()
    {
        if !key.starts_with("alias/") {
            return Err(ProvisionError::NoKey { key: key.clone() });
        }
        plan.steps.push(ProvisionStep::Key(key.clone()));
    }
    if let Some(function) = &scope.function {
        let (steps, notes) = mapping_provision::plan(aws, function).await?;
        plan.steps.extend(steps.into_iter().map(ProvisionStep::Mapping));
        plan.notes.extend(notes);
    }
    let (steps, notes) = topic_provision::plan(aws, &scope.topics, &scope.topic_subscriptions).await?;
    plan.steps.extend(steps.into_iter().map(ProvisionStep::Topic));
    plan.notes.extend(notes);
    Ok(plan)
}

/// Compares the tables and the queues with their required configuration.
///
/// # Errors
/// A table has other keys or another expiry, or a call fails.
pub async fn plan(aws: &AwsClients) -> Result<ProvisionPlan, ProvisionError> {
    let mut plan = ProvisionPlan::default();
    for spec in table_specs(aws) {
        let name = spec.table.to_owned();
        let found = describe(aws, &name).await?;
        match &found {
            None => plan.steps.push(ProvisionStep::Create(name.clone())),
            Some(table) => {
                check_keys(table, &name)?;
                let has_index = table.global_secondary_indexes().iter().any(|index| index.index_name() == Some(INDEX));
                if spec.has_index && !has_index {
                    plan.steps.push(ProvisionStep::Index(name.clone()));
                }
                if spec.has_stream && !has_stream(table, &name)? {
                    plan.steps.push(ProvisionStep::Stream(name.clone()));
                }
            }
        }
        if spec.expires && !(found.is_some() && expires(aws, &name).await?) {
            plan.steps.push(ProvisionStep::Expire(name.clone()));
        }
        if spec.recovers {
            match if found.is_some() { recovers(aws, &name).await? } else { Some(false) } {
                Some(true) => {}
                Some(false) => plan.steps.push(ProvisionStep::Recover(name.clone())),
                None => plan.notes.push(format!("{name}: this endpoint knows no point-in-time recovery")),
            }
        }
        if spec.has_lists && found.is_some() && !list_filling::is_done(aws).await? {
            plan.steps.push(ProvisionStep::List(name));
        }
    }
    plan.steps.extend(queue_provision::plan(aws).await?.into_iter().map(ProvisionStep::Queue));
    Ok(plan)
}

/// Takes one step and waits until it is complete. Returns `false` if this endpoint does not have the feature.
///
/// # Errors
/// A call fails, or the step takes too long.
pub async fn apply(aws: &AwsClients, step: &ProvisionStep) -> Result<bool, ProvisionError> {
    match step {
        ProvisionStep::Create(table) => {
            let spec = table_specs(aws).find(|spec| spec.table == table).unwrap_or(TableSpec::new(table));
            create(aws, &spec).await?;
            wait_until_ready(aws, table).await?;
            if spec.has_lists {
                list_filling::mark_done(aws).await?;
            }
        }
        ProvisionStep::Index(table) => {
            add_index(aws, table).await?;
            wait_until_ready(aws, table).await?;
        }
        ProvisionStep::Stream(table) => {
            switch_on_stream(aws, table).await?;
            wait_until_ready(aws, table).await?;
        }
        ProvisionStep::Expire(table) => switch_on_expiry(aws, table).await?,
        ProvisionStep::Recover(table) => return Ok(switch_on_recovery(aws, table).await?),
        ProvisionStep::List(_) => list_filling::fill(aws).await?,
        ProvisionStep::Queue(step) => queue_provision::apply(aws, step).await?,
        ProvisionStep::Topic(step) => topic_provision::apply(aws, step).await?,
        ProvisionStep::Mapping(step) => mapping_provision::apply(aws, step).await?,
        ProvisionStep::Key(alias) => drop(kms::create(aws, alias).await?),
    }
    Ok(true)
}

fn check_keys(table: &TableDescription, name: &str) -> Result<(), ProvisionError> {
    let keys: Vec<_> = table.key_schema().iter().map(KeySchemaElement::attribute_name).collect();
    let texts = table.attribute_definitions().iter().filter(|attribute| {
        attribute.attribute_type() == &ScalarAttributeType::S && keys.contains(&attribute.attribute_name())
    });
    if keys == KEYS && texts.count() == 2 {
        return Ok(());
    }
    Err(ProvisionError::WrongKeys { table: name.to_owned(), keys: keys.into_iter().map(str::to_owned).collect() })
}

async fn expires(aws: &AwsClients, table: &str) -> Result<bool, ProvisionError> {
    let describe = aws.dynamodb().await.describe_time_to_live().table_name(table);
    let send = || async { describe.clone().send().await.map_err(|error| AwsError::call("DescribeTimeToLive", &error)) };
    let found = retry(aws.deadline(), send).await?.time_to_live_description;
    let is_on = found
        .as_ref()
        .and_then(|found| found.time_to_live_status())
        .is_some_and(|status| matches!(status, TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling));
    match found.as_ref().and_then(|found| found.attribute_name()) {
        Some(attribute) if is_on && attribute != EXPIRY => {
            Err(ProvisionError::WrongExpiry { table: table.to_owned(), attribute: attribute.to_owned() })
        }
        _ => Ok(is_on),
    }
}

/// Whether point-in-time recovery is on; `None` if the endpoint does not have it.
async fn recovers(aws: &AwsClients, table: &str) -> Result<Option<bool>, AwsError> {
    let describe = aws.dynamodb().await.describe_continuous_backups().table_name(table);
    let found = retry(aws.deadline(), || async {
        match describe.clone().send().await {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.code().is_some_and(is_unknown_operation) => Ok(None),
            Err(error) => Err(AwsError::call("DescribeContinuousBackups", &error)),
        }
    });
    let found = found.await?;
    Ok(found.map(|found| {
        let backups = found.continuous_backups_description;
        let recovery = backups.and_then(|backups| backups.point_in_time_recovery_description);
        let status = recovery.and_then(|recovery| recovery.point_in_time_recovery_status);
        status == Some(PointInTimeRecoveryStatus::Enabled)
    }))
}

async fn create(aws: &AwsClients, spec: &TableSpec<'_>) -> Result<(), AwsError> {
    let mut attributes = definitions(KEYS)?;
    let create = aws.dynamodb().await.create_table().table_name(spec.table);
    let mut create = create.billing_mode(BillingMode::PayPerRequest);
    if spec.has_stream {
        create = create.stream_specification(stream()?);
    }
    if spec.has_index {
        attributes.extend(definitions(INDEX_KEYS)?);
        let index = GlobalSecondaryIndex::builder().index_name(INDEX).set_key_schema(Some(schema(INDEX_KEYS)?));
        let index = index.projection(Projection::builder().projection_type(ProjectionType::All).build());
        create = create.global_secondary_indexes(index.build().map_err(AwsError::invalid_request)?);
    }
    let create = create.set_attribute_definitions(Some(attributes)).set_key_schema(Some(schema(KEYS)?));
    let send = || async { create.clone().send().await.map_err(|error| AwsError::call("CreateTable", &error)) };
    retry(aws.deadline(), send).await.map(drop)
}

fn definitions(names: [&str; 2]) -> Result<Vec<AttributeDefinition>, AwsError> {
    let define =
        |name: &str| AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build();
    names.into_iter().map(|name| define(name).map_err(AwsError::invalid_request)).collect()
}

fn schema(names: [&str; 2]) -> Result<Vec<KeySchemaElement>, AwsError> {
    let types = [KeyType::Hash, KeyType::Range];
    let element = |(name, key): (&str, KeyType)| KeySchemaElement::builder().attribute_name(name).key_type(key).build();
    names.into_iter().zip(types).map(|key| element(key).map_err(AwsError::invalid_request)).collect()
}

async fn add_index(aws: &AwsClients, table: &str) -> Result<(), AwsError> {
    let action = CreateGlobalSecondaryIndexAction::builder()
        .index_name(INDEX)
        .set_key_schema(Some(schema(INDEX_KEYS)?))
        .projection(Projection::builder().projection_type(ProjectionType::All).build());
    let action = action.build().map_err(AwsError::invalid_request)?;
    let update = aws.dynamodb().await.update_table().table_name(table);
    let update = update.set_attribute_definitions(Some([definitions(KEYS)?, definitions(INDEX_KEYS)?].concat()));
    let update = update.global_secondary_index_updates(GlobalSecondaryIndexUpdate::builder().create(action).build());
    let send = || async { update.clone().send().await.map_err(|error| AwsError::call("UpdateTable", &error)) };
    retry(aws.deadline(), send).await.map(drop)
}

async fn switch_on_expiry(aws: &AwsClients, table: &str) -> Result<(), AwsError> {
    let expiry = TimeToLiveSpecification::builder().attribute_name(EXPIRY).enabled(true).build();
    let expiry = expiry.map_err(AwsError::invalid_request)?;
    let update = aws.dynamodb().await.update_time_to_live().table_name(table).time_to_live_specification(expiry);
    let send = || async { update.clone().send().await.map_err(|error| AwsError::call("UpdateTimeToLive", &error)) };
    retry(aws.deadline(), send).await.map(drop)
}

async fn switch_on_recovery(aws: &AwsClients, table: &str) -> Result<bool, AwsError> {
    let recovery = PointInTimeRecoverySpecification::builder().point_in_time_recovery_enabled(true).build();
    let recovery = recovery.map_err(AwsError::invalid_request)?;
    let update = aws.dynamodb().await.update_continuous_backups().table_name(table);
    let update = update.point_in_time_recovery_specification(recovery);
    // A new table has no backups at first.
    let switched = retry(Instant::now() + TIMEOUT, || async {
        match update.clone().send().await {
            Ok(_) => Ok(true),
            Err(error) if error.code().is_some_and(is_unknown_operation) => Ok(false),
            Err(error) => Err(AwsError::call("UpdateContinuousBackups", &error)),
        }
    });
    switched.await
}

/// Waits until a table and its index are active.
async fn wait_until_ready(aws: &AwsClients, table: &str) -> Result<(), ProvisionError> {
    let deadline = Instant::now() + TIMEOUT;
    loop {
        let found = describe(aws, table).await?;
        let is_ready = found.is_some_and(|found| {
            found.table_status() == Some(&TableStatus::Active)
                && found
                    .global_secondary_indexes()
                    .iter()
                    .all(|index| index.index_status() == Some(&IndexStatus::Active))
        });
        if is_ready {
            return Ok(());
        }
        if Instant::now() > deadline {
            return Err(ProvisionError::NotReady { table: table.to_owned() });
        }
        sleep(POLL_INTERVAL).await;
    }
}

/// Whether an error code means that an emulator does not have the operation.
fn is_unknown_operation(code: &str) -> bool {
    matches!(code, "UnknownOperationException" | "UnknownOperation" | "InvalidAction" | "NotImplemented")
}
