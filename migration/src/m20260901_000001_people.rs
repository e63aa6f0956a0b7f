//! People: residents, staff, and who did what.

use sea_orm_migration::prelude::*;

use crate::columns::{big, day, index, int, optional, reference, table, text, time, unique, word};

/// In the order in which they are made; undone in reverse.
const TABLES: &[&str] = &[
    "community",
    "site",
    "resident",
    "wechat_identity",
    "consent",
    "resident_session",
    "staff",
    "staff_session",
    "audit",
];

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let community = table("community").col(text("name")).take();
        manager.create_table(community).await?;
        manager.create_index(unique("community", &["name"])).await?;

        let site = table("site")
            .col(text("name"))
            .col(text("address"))
            .col(optional(big("community_id")))
            .foreign_key(&mut reference("site", "community_id", "community"))
            .take();
        manager.create_table(site).await?;
        manager.create_index(unique("site", &["name"])).await?;

        let resident = table("resident")
            .col(text("learner_number"))
            .col(optional(text("name")))
            .col(optional(day("birth_date")))
            .col(optional(big("community_id")))
            .col(optional(text("phone_sealed")))
            .col(optional(text("phone_hash")))
            .col(optional(text("id_number_sealed")))
            .col(optional(text("id_number_hash")))
            .col(time("created_at"))
            .col(time("updated_at"))
            .foreign_key(&mut reference("resident", "community_id", "community"))
            .take();
        manager.create_table(resident).await?;
        manager.create_index(unique("resident", &["learner_number"])).await?;
        manager.create_index(unique("resident", &["id_number_hash"])).await?;
        manager.create_index(index("resident", &["phone_hash"])).await?;

        let wechat_identity = table("wechat_identity")
            .col(big("resident_id"))
            .col(word("account", &["official", "mini"]))
            .col(text("openid"))
            .col(optional(text("unionid")))
            .col(time("created_at"))
            .foreign_key(&mut reference("wechat_identity", "resident_id", "resident"))
            .take();
        manager.create_table(wechat_identity).await?;
        manager.create_index(unique("wechat_identity", &["account", "openid"])).await?;
        manager.create_index(index("wechat_identity", &["resident_id"])).await?;
        manager.create_index(index("wechat_identity", &["unionid"])).await?;

        let consent = table("consent")
            .col(big("resident_id"))
            .col(word("kind", &["privacy", "sensitive"]))
            .col(text("version"))
            .col(time("given_at"))
            .col(optional(time("withdrawn_at")))
            .foreign_key(&mut reference("consent", "resident_id", "resident"))
            .take();
        manager.create_table(consent).await?;
        manager.create_index(index("consent", &["resident_id", "kind"])).await?;

        let resident_session = table("resident_session")
            .col(big("resident_id"))
            .col(text("token_hash"))
            .col(time("created_at"))
            .col(time("last_seen_at"))
            .col(time("expires_at"))
            .col(optional(time("revoked_at")))
            .foreign_key(&mut reference("resident_session", "resident_id", "resident"))
            .take();
        manager.create_table(resident_session).await?;
        manager.create_index(unique("resident_session", &["token_hash"])).await?;
        manager.create_index(index("resident_session", &["resident_id"])).await?;

        let staff = table("staff")
            .col(text("login"))
            .col(text("name"))
            .col(word(
                "role",
                &["admin", "centre", "officer", "teacher", "editor", "section_head", "leader"],
            ))
            .col(optional(big("community_id")))
            .col(text("password_hash"))
            .col(int("failed_logins"))
            .col(optional(time("locked_until")))
            .col(optional(time("disabled_at")))
            .col(time("created_at"))
            .foreign_key(&mut reference("staff", "community_id", "community"))
            .take();
        manager.create_table(staff).await?;
        manager.create_index(unique("staff", &["login"])).await?;

        let staff_session = table("staff_session")
            .col(big("staff_id"))
            .col(text("token_hash"))
            .col(time("created_at"))
            .col(time("last_seen_at"))
            .col(time("expires_at"))
            .col(optional(time("revoked_at")))
            .foreign_key(&mut reference("staff_session", "staff_id", "staff"))
            .take();
        manager.create_table(staff_session).await?;
        manager.create_index(unique("staff_session", &["token_hash"])).await?;
        manager.create_index(index("staff_session", &["staff_id"])).await?;

        let audit = table("audit")
            .col(optional(big("staff_id")))
            .col(text("action"))
            .col(text("object"))
            .col(optional(text("detail")))
            .col(time("at"))
            .foreign_key(&mut reference("audit", "staff_id", "staff"))
            .take();
        manager.create_table(audit).await?;
        manager.create_index(index("audit", &["at"])).await?;

        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES.iter().rev() {
            manager.drop_table(Table::drop().table(*table).take()).await?;
        }
        Ok(())
    }
}
