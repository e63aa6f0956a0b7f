//! Notices, callbacks, articles, and the outbox.

use sea_orm_migration::prelude::*;

use crate::columns::{
    bare_table, big, bytes, flag, index, int, optional, reference, table, text, time, unique, word,
};

/// In the order in which they are made; undone in reverse.
const TABLES: &[&str] = &[
    "notice",
    "subscription",
    "follower",
    "callback",
    "picture",
    "article",
    "article_version",
    "article_review",
    "publication",
    "job",
];

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let notice = table("notice")
            .col(big("resident_id"))
            .col(word("kind", &["placed", "offered", "meeting_changed"]))
            .col(text("dedup_key"))
            .col(text("title"))
            .col(text("body"))
            .col(text("page"))
            .col(text("values"))
            .col(word("state", &["pending", "sent", "no_consent", "unknown", "failed"]))
            .col(optional(text("failure")))
            .col(time("created_at"))
            .col(optional(time("sent_at")))
            .col(optional(time("read_at")))
            .foreign_key(&mut reference("notice", "resident_id", "resident"))
            .take();
        manager.create_table(notice).await?;
        manager.create_index(unique("notice", &["dedup_key"])).await?;
        manager.create_index(index("notice", &["resident_id", "created_at"])).await?;
        manager.create_index(index("notice", &["state"])).await?;

        let subscription = table("subscription")
            .col(big("resident_id"))
            .col(word("kind", &["placed", "offered", "meeting_changed"]))
            .col(int("balance"))
            .col(time("updated_at"))
            .foreign_key(&mut reference("subscription", "resident_id", "resident"))
            .check(Expr::cust("balance >= 0"))
            .take();
        manager.create_table(subscription).await?;
        manager.create_index(unique("subscription", &["resident_id", "kind"])).await?;

        let follower = bare_table("follower")
            .col(text("openid").primary_key())
            .col(optional(text("unionid")))
            .col(flag("following"))
            .col(time("since"))
            .col(time("updated_at"))
            .take();
        manager.create_table(follower).await?;

        let callback = table("callback")
            .col(word("account", &["official", "mini"]))
            .col(text("dedup_key"))
            .col(text("kind"))
            .col(optional(text("reply")))
            .col(time("received_at"))
            .take();
        manager.create_table(callback).await?;
        manager.create_index(unique("callback", &["account", "dedup_key"])).await?;
        manager.create_index(index("callback", &["received_at"])).await?;

        let picture = table("picture")
            .col(text("sha256"))
            .col(text("mime"))
            .col(bytes("bytes"))
            .col(int("width"))
            .col(int("height"))
            .col(optional(text("wechat_url")))
            .col(optional(text("wechat_media_id")))
            .col(big("uploaded_by"))
            .col(time("created_at"))
            .foreign_key(&mut reference("picture", "uploaded_by", "staff"))
            .take();
        manager.create_table(picture).await?;
        manager.create_index(unique("picture", &["sha256"])).await?;

        let article = table("article")
            .col(big("author_id"))
            .col(word(
                "status",
                &["draft", "in_review", "approved", "publishing", "published", "failed"],
            ))
            .col(int("version"))
            .col(text("title"))
            .col(text("digest"))
            .col(text("byline"))
            .col(text("origin"))
            .col(text("body"))
            .col(optional(big("cover_id")))
            .col(text("content_hash"))
            .col(time("created_at"))
            .col(time("updated_at"))
            .foreign_key(&mut reference("article", "author_id", "staff"))
            .foreign_key(&mut reference("article", "cover_id", "picture"))
            .take();
        manager.create_table(article).await?;
        manager.create_index(index("article", &["status"])).await?;

        let article_version = table("article_version")
            .col(big("article_id"))
            .col(int("version"))
            .col(text("title"))
            .col(text("digest"))
            .col(text("byline"))
            .col(text("origin"))
            .col(text("body"))
            .col(optional(big("cover_id")))
            .col(text("content_hash"))
            .col(big("saved_by"))
            .col(time("saved_at"))
            .foreign_key(&mut reference("article_version", "article_id", "article"))
            .foreign_key(&mut reference("article_version", "cover_id", "picture"))
            .foreign_key(&mut reference("article_version", "saved_by", "staff"))
            .take();
        manager.create_table(article_version).await?;
        manager.create_index(unique("article_version", &["article_id", "version"])).await?;

        let article_review = table("article_review")
            .col(big("article_id"))
            .col(int("version"))
            .col(text("content_hash"))
            .col(word("stage", &["language", "facts", "direction"]))
            .col(word("verdict", &["pass", "return"]))
            .col(big("reviewer_id"))
            .col(optional(text("remark")))
            .col(time("at"))
            .foreign_key(&mut reference("article_review", "article_id", "article"))
            .foreign_key(&mut reference("article_review", "reviewer_id", "staff"))
            .take();
        manager.create_table(article_review).await?;
        manager.create_index(index("article_review", &["article_id"])).await?;
        manager
            .create_index(
                unique("article_review", &["article_id", "content_hash", "stage"])
                    .and_where(Expr::cust("verdict = 'pass'"))
                    .take(),
            )
            .await?;
        manager
            .create_index(
                unique("article_review", &["article_id", "content_hash", "reviewer_id"])
                    .and_where(Expr::cust("verdict = 'pass'"))
                    .take(),
            )
            .await?;

        let publication = table("publication")
            .col(big("article_id"))
            .col(int("version"))
            .col(text("content_hash"))
            .col(word("state", &["queued", "drafted", "submitted", "published", "failed"]))
            .col(optional(text("draft_media_id")))
            .col(optional(time("submit_started_at")))
            .col(optional(text("publish_id")))
            .col(optional(text("wechat_article_id")))
            .col(optional(text("url")))
            .col(optional(text("failure")))
            .col(big("requested_by"))
            .col(time("created_at"))
            .col(time("updated_at"))
            .foreign_key(&mut reference("publication", "article_id", "article"))
            .foreign_key(&mut reference("publication", "requested_by", "staff"))
            .take();
        manager.create_table(publication).await?;
        manager.create_index(unique("publication", &["publish_id"])).await?;
        manager
            .create_index(
                unique("publication", &["article_id"])
                    .and_where(Expr::cust("state <> 'failed'"))
                    .take(),
            )
            .await?;

        let job = table("job")
            .col(text("kind"))
            .col(text("payload"))
            .col(word("state", &["ready", "running", "done", "dead"]))
            .col(time("run_after"))
            .col(int("attempts"))
            .col(optional(time("leased_until")))
            .col(optional(text("last_error")))
            .col(time("created_at"))
            .col(optional(time("finished_at")))
            .take();
        manager.create_table(job).await?;
        manager.create_index(index("job", &["state", "run_after"])).await?;

        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES.iter().rev() {
            manager.drop_table(Table::drop().table(*table).take()).await?;
        }
        Ok(())
    }
}
