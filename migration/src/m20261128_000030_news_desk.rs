//! The news desk: remarks at a place, proof-readings beside the reviews, words to look out
//! for, what is urgent; publications at a time, by hand, and taken back with a reason.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::columns::{big, flag, index, int, optional, reference, table, text, time, unique, word};
use crate::remake::{Made, again, run, words};

const WAYS: &[&str] = &["publish", "mass_send"];
const MORE_WAYS: &[&str] = &["publish", "mass_send", "by_hand"];

const PUBLICATION: &str = "article_id, version, content_hash, state, way, draft_media_id, \
    submit_started_at, publish_id, mass_key, msg_id, total_count, filter_count, sent_count, \
    error_count, wechat_article_id, url, failure, requested_by, created_at, updated_at";

const FORGET: &str = "UPDATE publication SET way = 'publish' WHERE way = 'by_hand'";

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() == DbBackend::Postgres {
            let steps = [
                words("publication", "way", MORE_WAYS),
                "ALTER TABLE publication ADD COLUMN due_at timestamptz, \
                 ADD COLUMN withdrawn_for text"
                    .to_owned(),
            ];
            run(manager, &steps).await?;
        } else {
            again(manager, publication(true), PUBLICATION, PUBLICATION).await?;
        }
        // Nobody had ticked a proof-reading before: what is under review is passed anew.
        let proofread = flag("proofread").default(false).take();
        for (table, column) in
            [("article_review", proofread), ("article", optional(text("urgent_for")))]
        {
            let add = Table::alter().table(table).add_column(column).to_owned();
            manager.alter_table(add).await?;
        }
        // What was done to one thing is read by people now.
        manager.create_index(index("audit", &["object"])).await?;
        remarks(manager).await?;
        let words = table("news_word")
            .col(word("kind", &["forbidden", "misspelt", "absolute", "official"]))
            .col(text("word"))
            .col(text("instead"))
            .col(flag("off"))
            .col(big("saved_by"))
            .col(time("saved_at"))
            .foreign_key(&mut reference("news_word", "saved_by", "staff"))
            .take();
        manager.create_table(words).await?;
        manager.create_index(unique("news_word", &["kind", "word"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let by_object = Index::drop().name("ix_audit_object").table("audit").to_owned();
        manager.drop_index(by_object).await?;
        for table in ["news_word", "article_remark"] {
            manager.drop_table(Table::drop().table(table).take()).await?;
        }
        for (table, column) in [("article_review", "proofread"), ("article", "urgent_for")] {
            let drop = Table::alter().table(table).drop_column(column).to_owned();
            manager.alter_table(drop).await?;
        }
        run(manager, &[FORGET.to_owned()]).await?;
        if manager.get_database_backend() == DbBackend::Postgres {
            let steps = [
                words("publication", "way", WAYS),
                "ALTER TABLE publication DROP COLUMN due_at, DROP COLUMN withdrawn_for".to_owned(),
            ];
            return run(manager, &steps).await;
        }
        again(manager, publication(false), PUBLICATION, PUBLICATION).await
    }
}

async fn remarks(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let remark = table("article_remark")
        .col(big("article_id"))
        .col(int("version"))
        .col(text("quote"))
        .col(text("text"))
        .col(big("made_by"))
        .col(time("made_at"))
        .col(optional(text("answer")))
        .col(optional(big("answered_by")))
        .col(optional(time("answered_at")))
        .col(optional(big("settled_by")))
        .col(optional(time("settled_at")))
        .foreign_key(&mut reference("article_remark", "article_id", "article"))
        .foreign_key(&mut reference("article_remark", "made_by", "staff"))
        .foreign_key(&mut reference("article_remark", "answered_by", "staff"))
        .foreign_key(&mut reference("article_remark", "settled_by", "staff"))
        .check(Expr::cust("(answer IS NULL) = (answered_by IS NULL)"))
        .check(Expr::cust("(answer IS NULL) = (answered_at IS NULL)"))
        .check(Expr::cust("(settled_at IS NULL) = (settled_by IS NULL)"))
        .take();
    manager.create_table(remark).await?;
    manager.create_index(index("article_remark", &["article_id"])).await
}

fn publication(now: bool) -> Made {
    let mut made = table("publication_new");
    made.col(big("article_id"))
        .col(int("version"))
        .col(text("content_hash"))
        .col(word("state", &["queued", "drafted", "submitted", "published", "failed"]))
        .col(word("way", if now { MORE_WAYS } else { WAYS }).default("publish").take())
        .col(optional(text("draft_media_id")))
        .col(optional(time("submit_started_at")))
        .col(optional(text("publish_id")))
        .col(optional(text("mass_key")))
        .col(optional(text("msg_id")))
        .col(optional(big("total_count")))
        .col(optional(big("filter_count")))
        .col(optional(big("sent_count")))
        .col(optional(big("error_count")))
        .col(optional(text("wechat_article_id")))
        .col(optional(text("url")))
        .col(optional(text("failure")))
        .col(big("requested_by"))
        .col(time("created_at"))
        .col(time("updated_at"));
    if now {
        made.col(optional(time("due_at"))).col(optional(text("withdrawn_for")));
    }
    made.foreign_key(&mut reference("publication_new", "article_id", "article"))
        .foreign_key(&mut reference("publication_new", "requested_by", "staff"));
    let one =
        unique("publication", &["article_id"]).and_where(Expr::cust("state <> 'failed'")).take();
    let indexes =
        vec![unique("publication", &["publish_id"]), unique("publication", &["msg_id"]), one];
    ("publication", made, indexes)
}
