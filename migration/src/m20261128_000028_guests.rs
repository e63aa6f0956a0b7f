//! Places at one meeting that learners on leave do not need, and who was asked to come.

use sea_orm_migration::prelude::*;

use crate::columns::{big, flag, index, optional, reference, table, time, unique, word};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let seat = table("guest_seat")
            .col(big("meeting_id"))
            .col(big("leaver_id"))
            .col(flag("open"))
            .col(time("changed_at"))
            .foreign_key(&mut reference("guest_seat", "meeting_id", "meeting"))
            .foreign_key(&mut reference("guest_seat", "leaver_id", "resident"))
            .take();
        manager.create_table(seat).await?;
        manager.create_index(unique("guest_seat", &["meeting_id", "leaver_id"])).await?;
        let states = ["offered", "taken", "declined", "lapsed", "given_back", "ended"];
        let offer = table("guest_offer")
            .col(big("seat_id"))
            .col(big("meeting_id"))
            .col(big("resident_id"))
            .col(word("status", &states))
            .col(time("offered_at"))
            .col(time("expires_at"))
            .col(optional(time("answered_at")))
            .col(optional(big("answered_by")))
            .foreign_key(&mut reference("guest_offer", "seat_id", "guest_seat"))
            .foreign_key(&mut reference("guest_offer", "meeting_id", "meeting"))
            .foreign_key(&mut reference("guest_offer", "resident_id", "resident"))
            .foreign_key(&mut reference("guest_offer", "answered_by", "staff"))
            .check(Expr::cust("(status = 'offered') = (answered_at IS NULL)"))
            .take();
        manager.create_table(offer).await?;
        manager.create_index(unique("guest_offer", &["meeting_id", "resident_id"])).await?;
        // Never more guests than leaves.
        let live = unique("guest_offer", &["seat_id"])
            .and_where(Expr::cust("status IN ('offered', 'taken')"))
            .take();
        manager.create_index(live).await?;
        manager.create_index(index("guest_offer", &["resident_id"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("guest_offer").take()).await?;
        manager.drop_table(Table::drop().table("guest_seat").take()).await
    }
}
