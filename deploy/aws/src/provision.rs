//! Makes the tables what the store needs: what is missing is found first and can be shown, and then it is done.

use std::{fmt, time::Duration};

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

use super::{
    Aws,
    insist::{Fault, insist},
};

/// The index for readers that need no consistency.
const INDEX: &str = "GSI1";
/// The keys of every table, and of the index.
const KEYS: [&str; 2] = ["PK", "SK"];
const INDEX_KEYS: [&str; 2] = ["GSI1PK", "GSI1SK"];
/// The attribute that says when an item expires.
const EXPIRY: &str = "TTL";
/// How long a table may take to be made, and an index over one that is full.
const PATIENCE: Duration = Duration::from_secs(10 * 60);
/// How often it is asked whether it is.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// One thing that is not yet as it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The table is not there; with its index if it has one.
    Create(String),
    /// The table has no `GSI1`.
    Index(String),
    /// The table does not delete what is expired.
    Expire(String),
    /// The table cannot be restored to a moment before a mistake.
    Recover(String),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create(table) => write!(f, "{table}: create the table"),
            Self::Index(table) => write!(f, "{table}: add the index {INDEX}"),
            Self::Expire(table) => write!(f, "{table}: delete what is expired, by {EXPIRY}"),
            Self::Recover(table) => write!(f, "{table}: switch on point-in-time recovery"),
        }
    }
}

/// What is to be done, and what cannot be told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The steps, in their order.
    pub steps: Vec<Step>,
    /// Sentences about what this endpoint does not know.
    pub notes: Vec<String>,
}

/// What a table needs.
struct Wanted<'a> {
    table: &'a str,
    has_index: bool,
    expires: bool,
    recovers: bool,
}

fn wanted(aws: &Aws) -> impl Iterator<Item = Wanted<'_>> {
    let tables = aws.tables();
    let all = [
        Wanted { table: &tables.results, has_index: true, expires: true, recovers: true },
        Wanted { table: &tables.nonces, has_index: false, expires: true, recovers: false },
        Wanted { table: &tables.secrets, has_index: false, expires: false, recovers: true },
        Wanted { table: &tables.answers, has_index: false, expires: true, recovers: false },
    ];
    // A table without a name is switched off.
    all.into_iter().filter(|wanted| !wanted.table.is_empty())
}

/// Compares the tables with what they must be.
///
/// # Errors
/// The table that is something else, or why DynamoDB cannot be asked.
pub async fn plan(aws: &Aws) -> Result<Plan, String> {
    let mut plan = Plan::default();
    for wanted in wanted(aws) {
        let name = wanted.table.to_owned();
        let found = describe(aws, &name).await?;
        match &found {
            None => plan.steps.push(Step::Create(name.clone())),
            Some(table) => {
                check_keys(table, &name)?;
                let has_index = table.global_secondary_indexes().iter().any(|index| index.index_name() == Some(INDEX));
                if wanted.has_index && !has_index {
                    plan.steps.push(Step::Index(name.clone()));
                }
            }
        }
        if wanted.expires && !(found.is_some() && expires(aws, &name).await?) {
            plan.steps.push(Step::Expire(name.clone()));
        }
        if wanted.recovers {
            match if found.is_some() { recovers(aws, &name).await? } else { Some(false) } {
                Some(true) => {}
                Some(false) => plan.steps.push(Step::Recover(name)),
                None => plan.notes.push(format!("{name}: this endpoint knows no point-in-time recovery")),
            }
        }
    }
    Ok(plan)
}

/// Does one step, and waits until it is done. `false` says that this endpoint does not know how.
///
/// # Errors
/// Why it cannot be done.
pub async fn take(aws: &Aws, step: &Step) -> Result<bool, String> {
    match step {
        Step::Create(table) => {
            let has_index = wanted(aws).any(|wanted| wanted.table == table && wanted.has_index);
            create(aws, table, has_index).await?;
            ready(aws, table).await.map(|()| true)
        }
        Step::Index(table) => {
            add_index(aws, table).await?;
            ready(aws, table).await.map(|()| true)
        }
        Step::Expire(table) => switch_on_expiry(aws, table).await.map(|()| true),
        Step::Recover(table) => switch_on_recovery(aws, table).await,
    }
}

async fn describe(aws: &Aws, table: &str) -> Result<Option<TableDescription>, String> {
    let describe = aws.dynamodb().await.describe_table().table_name(table);
    let found = insist(aws.deadline(), || async {
        match describe.clone().send().await {
            Ok(found) => Ok(found.table),
            Err(error) if error.code() == Some("ResourceNotFoundException") => Ok(None),
            Err(error) => Err(Fault::of("DescribeTable", &error)),
        }
    });
    found.await.map_err(|fault| fault.words)
}

fn check_keys(table: &TableDescription, name: &str) -> Result<(), String> {
    let keys: Vec<_> = table.key_schema().iter().map(KeySchemaElement::attribute_name).collect();
    let texts = table.attribute_definitions().iter().filter(|attribute| {
        attribute.attribute_type() == &ScalarAttributeType::S && keys.contains(&attribute.attribute_name())
    });
    if keys == KEYS && texts.count() == 2 {
        return Ok(());
    }
    Err(format!(
        "the table {name} has the keys {keys:?}, not the texts PK and SK; name another one with BADGESMITH_TABLE_RESULTS, \
         _NONCES, _SECRETS or _ANSWERS"
    ))
}

async fn expires(aws: &Aws, table: &str) -> Result<bool, String> {
    let describe = aws.dynamodb().await.describe_time_to_live().table_name(table);
    let send = || async { describe.clone().send().await.map_err(|error| Fault::of("DescribeTimeToLive", &error)) };
    let found = insist(aws.deadline(), send).await.map_err(|fault| fault.words)?.time_to_live_description;
    let is_on = found
        .as_ref()
        .and_then(|found| found.time_to_live_status())
        .is_some_and(|status| matches!(status, TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling));
    match found.as_ref().and_then(|found| found.attribute_name()) {
        Some(attribute) if is_on && attribute != EXPIRY => {
            Err(format!("the table {table} expires by {attribute}, not by {EXPIRY}; switch that off first"))
        }
        _ => Ok(is_on),
    }
}

/// Whether it can be restored, if the endpoint knows such a thing.
async fn recovers(aws: &Aws, table: &str) -> Result<Option<bool>, String> {
    let describe = aws.dynamodb().await.describe_continuous_backups().table_name(table);
    let found = insist(aws.deadline(), || async {
        match describe.clone().send().await {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.code().is_some_and(is_unknown) => Ok(None),
            Err(error) => Err(Fault::of("DescribeContinuousBackups", &error)),
        }
    });
    let found = found.await.map_err(|fault| fault.words)?;
    Ok(found.map(|found| {
        let backups = found.continuous_backups_description;
        let recovery = backups.and_then(|backups| backups.point_in_time_recovery_description);
        let status = recovery.and_then(|recovery| recovery.point_in_time_recovery_status);
        status == Some(PointInTimeRecoveryStatus::Enabled)
    }))
}

async fn create(aws: &Aws, table: &str, has_index: bool) -> Result<(), String> {
    let mut attributes = definitions(KEYS)?;
    let mut create = aws.dynamodb().await.create_table().table_name(table).billing_mode(BillingMode::PayPerRequest);
    if has_index {
        attributes.extend(definitions(INDEX_KEYS)?);
        let index = GlobalSecondaryIndex::builder().index_name(INDEX).set_key_schema(Some(schema(INDEX_KEYS)?));
        let index = index.projection(Projection::builder().projection_type(ProjectionType::All).build());
        create = create.global_secondary_indexes(index.build().map_err(|fault| fault.to_string())?);
    }
    let create = create.set_attribute_definitions(Some(attributes)).set_key_schema(Some(schema(KEYS)?));
    let send = || async { create.clone().send().await.map_err(|error| Fault::of("CreateTable", &error)) };
    insist(aws.deadline(), send).await.map(drop).map_err(|fault| fault.words)
}

fn definitions(names: [&str; 2]) -> Result<Vec<AttributeDefinition>, String> {
    let define =
        |name: &str| AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build();
    names.into_iter().map(|name| define(name).map_err(|fault| fault.to_string())).collect()
}

fn schema(names: [&str; 2]) -> Result<Vec<KeySchemaElement>, String> {
    let types = [KeyType::Hash, KeyType::Range];
    let element = |(name, key): (&str, KeyType)| KeySchemaElement::builder().attribute_name(name).key_type(key).build();
    names.into_iter().zip(types).map(|key| element(key).map_err(|fault| fault.to_string())).collect()
}

async fn add_index(aws: &Aws, table: &str) -> Result<(), String> {
    let action = CreateGlobalSecondaryIndexAction::builder()
        .index_name(INDEX)
        .set_key_schema(Some(schema(INDEX_KEYS)?))
        .projection(Projection::builder().projection_type(ProjectionType::All).build());
    let action = action.build().map_err(|fault| fault.to_string())?;
    let update = aws.dynamodb().await.update_table().table_name(table);
    let update = update.set_attribute_definitions(Some([definitions(KEYS)?, definitions(INDEX_KEYS)?].concat()));
    let update = update.global_secondary_index_updates(GlobalSecondaryIndexUpdate::builder().create(action).build());
    let send = || async { update.clone().send().await.map_err(|error| Fault::of("UpdateTable", &error)) };
    insist(aws.deadline(), send).await.map(drop).map_err(|fault| fault.words)
}

async fn switch_on_expiry(aws: &Aws, table: &str) -> Result<(), String> {
    let expiry = TimeToLiveSpecification::builder().attribute_name(EXPIRY).enabled(true).build();
    let expiry = expiry.map_err(|fault| fault.to_string())?;
    let update = aws.dynamodb().await.update_time_to_live().table_name(table).time_to_live_specification(expiry);
    let send = || async { update.clone().send().await.map_err(|error| Fault::of("UpdateTimeToLive", &error)) };
    insist(aws.deadline(), send).await.map(drop).map_err(|fault| fault.words)
}

async fn switch_on_recovery(aws: &Aws, table: &str) -> Result<bool, String> {
    let recovery = PointInTimeRecoverySpecification::builder().point_in_time_recovery_enabled(true).build();
    let recovery = recovery.map_err(|fault| fault.to_string())?;
    let update = aws.dynamodb().await.update_continuous_backups().table_name(table);
    let update = update.point_in_time_recovery_specification(recovery);
    // A new table has no backups for a while.
    let switched = insist(Instant::now() + PATIENCE, || async {
        match update.clone().send().await {
            Ok(_) => Ok(true),
            Err(error) if error.code().is_some_and(is_unknown) => Ok(false),
            Err(error) => Err(Fault::of("UpdateContinuousBackups", &error)),
        }
    });
    switched.await.map_err(|fault| fault.words)
}

/// Waits until a table and its index can be used.
async fn ready(aws: &Aws, table: &str) -> Result<(), String> {
    let deadline = Instant::now() + PATIENCE;
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
            return Err(format!("the table {table} is not ready after {} minutes", PATIENCE.as_secs() / 60));
        }
        sleep(LOOK_EVERY).await;
    }
}

/// What an emulator says about a call it does not know.
fn is_unknown(code: &str) -> bool {
    matches!(code, "UnknownOperationException" | "UnknownOperation" | "InvalidAction" | "NotImplemented")
}
