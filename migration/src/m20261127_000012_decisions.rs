//! What decisions taken many at a time look at: the last number given out on a waiting
//! list stands with its class, and a request is known by its key.

use sea_orm_migration::prelude::*;

use crate::columns::{big, index, optional, text, unique};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const REQUEST: [&str; 3] = ["resident_id", "class_id", "request_key"];

const BY_RESIDENT: &str = "ix_enrolment_resident_id";

const FILL: &str = "UPDATE class SET last_queue_number = COALESCE((SELECT MAX(queue_number) \
                    FROM enrolment WHERE enrolment.class_id = class.id), 0)";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = [
            ("class", big("last_queue_number").default(0).take()),
            ("enrolment", optional(text("request_key"))),
        ];
        for (table, column) in columns {
            let add = Table::alter().table(table).add_column(column).to_owned();
            manager.alter_table(add).await?;
        }
        manager.get_connection().execute_unprepared(FILL).await?;
        manager.create_index(unique("enrolment", &REQUEST)).await?;
        // The new one begins with the resident too.
        manager.drop_index(Index::drop().name(BY_RESIDENT).table("enrolment").to_owned()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_index(index("enrolment", &["resident_id"])).await?;
        let name = format!("ux_enrolment_{}", REQUEST.join("_"));
        let index = Index::drop().name(name).table("enrolment").to_owned();
        manager.drop_index(index).await?;
        for (table, column) in [("enrolment", "request_key"), ("class", "last_queue_number")] {
            let drop = Table::alter().table(table).drop_column(column).to_owned();
            manager.alter_table(drop).await?;
        }
        Ok(())
    }
}
